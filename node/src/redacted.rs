//! What is secret stays out of logs and of the messages of failures: types that hold any of it show what is named here, and
//! that there is more.

/// Debug of a struct that shows these fields and no other.
macro_rules! shows_only {
    ($type:ident { $($field:ident),* }) => {
        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($type))
                    $(.field(stringify!($field), &self.$field))*
                    .finish_non_exhaustive()
            }
        }
    };
}

/// Debug of an enum that shows which variant it is, and these fields of it.
macro_rules! shows_variant {
    ($type:ident { $($variant:ident { $($field:ident),* }),* $(,)? } $(else $($other:ident),* $(,)?)?) => {
        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self {
                    $(Self::$variant { $($field,)* .. } => f
                        .debug_struct(stringify!($variant))
                        $(.field(stringify!($field), $field))*
                        .finish_non_exhaustive(),)*
                    $($(Self::$other { .. } => f.write_str(stringify!($other)),)*)?
                }
            }
        }
    };
}

pub(crate) use {shows_only, shows_variant};

#[cfg(test)]
mod tests;
