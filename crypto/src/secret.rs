//! One macro for the secrets of the session modules: 32 bytes that erase themselves and print nothing.
//!
//! A newtype each, so that a chain key can never be passed where a message key belongs. Equality runs in constant
//! time; serde writes the raw bytes, for the encrypted store and for sealed payloads only.

/// Declares a 32-byte secret newtype.
macro_rules! secret_bytes {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, zeroize::Zeroize, zeroize::ZeroizeOnDrop, serde::Serialize, serde::Deserialize)]
        pub struct $name([u8; 32]);

        impl $name {
            /// Takes the secret from its 32 bytes; the caller erases its own copy.
            pub const fn from_bytes(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }

            /// The 32 secret bytes.
            pub const fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(secret)"))
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                subtle::ConstantTimeEq::ct_eq(self.0.as_slice(), other.0.as_slice()).into()
            }
        }

        impl Eq for $name {}
    };
}

/// Lets a secret be drawn at random; those without it can only be derived.
macro_rules! random_secret {
    ($name:ident) => {
        impl $name {
            /// Draws a fresh secret from `rng`.
            pub fn generate(rng: &mut dyn rand_core::CryptoRng) -> Self {
                let mut bytes = crate::codec::random_bytes(rng);
                let secret = Self::from_bytes(bytes);
                zeroize::Zeroize::zeroize(&mut bytes);
                secret
            }
        }
    };
}

pub(crate) use {random_secret, secret_bytes};
