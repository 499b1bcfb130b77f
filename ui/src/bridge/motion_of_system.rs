//! Whether the system asks for less motion. The window's own library knows of the system's theme, and not of this.

/// Whether the system asks for less motion; false where it does not say.
#[cfg(target_os = "linux")]
pub async fn is_unwanted() -> bool {
    match portal::is_unwanted().await {
        Ok(answer) => answer,
        Err(error) => {
            tracing::debug!(%error, "the system does not say whether it wants less motion");
            false
        }
    }
}

/// Whether the system asks for less motion; here nothing asks it.
#[cfg(not(target_os = "linux"))]
pub async fn is_unwanted() -> bool {
    false
}

/// The desktop portal's settings (org.freedesktop.portal.Settings), which every desktop has that tells of this at all.
#[cfg(target_os = "linux")]
mod portal {
    use zbus::{
        Connection,
        zvariant::{OwnedValue, Value},
    };

    /// What is asked, in this order: the setting of all desktops, and GNOME's, which older portals have.
    const SETTINGS: [(&str, &str); 2] = [
        ("org.freedesktop.appearance", "reduced-motion"),
        ("org.gnome.desktop.interface", "enable-animations"),
    ];

    /// Fails with what the last question failed with, if none was answered.
    pub async fn is_unwanted() -> zbus::Result<bool> {
        let bus = Connection::session().await?;
        let mut answer = Ok(false);
        for setting in SETTINGS {
            match read(&bus, setting).await {
                Ok(value) => match meaning(&value) {
                    Some(unwanted) => return Ok(unwanted),
                    None => tracing::debug!(?setting, "the portal's answer means nothing here"),
                },
                Err(error) => answer = Err(error),
            }
        }
        answer
    }

    async fn read(bus: &Connection, setting: (&str, &str)) -> zbus::Result<OwnedValue> {
        let portal = Some("org.freedesktop.portal.Desktop");
        let settings = Some("org.freedesktop.portal.Settings");
        // Not `ReadOne`, which portals of before 2023 lack.
        let reply = bus
            .call_method(
                portal,
                "/org/freedesktop/portal/desktop",
                settings,
                "Read",
                &setting,
            )
            .await?;
        reply.body().deserialize()
    }

    /// A number of the first setting, a flag of the second; `Read` wraps them twice.
    pub fn meaning(value: &Value<'_>) -> Option<bool> {
        match value {
            Value::Value(inner) => meaning(inner),
            Value::U32(reduced) => Some(*reduced == 1),
            Value::Bool(animations) => Some(!animations),
            _ => None,
        }
    }

    #[cfg(test)]
    mod tests {
        use std::collections::HashMap;

        use zbus::{connection, fdo, interface};

        use super::*;

        /// A portal that knows some settings.
        struct Portal(HashMap<(&'static str, &'static str), Value<'static>>);

        #[interface(name = "org.freedesktop.portal.Settings")]
        impl Portal {
            fn read(&self, namespace: &str, key: &str) -> fdo::Result<OwnedValue> {
                let value = self.0.get(&(namespace, key));
                let value = value.ok_or_else(|| fdo::Error::Failed("no such setting".into()))?;
                let wrapped = Value::Value(Box::new(value.clone()));
                OwnedValue::try_from(wrapped).map_err(|error| fdo::Error::Failed(error.to_string()))
            }
        }

        /// What a portal with these settings is understood to say.
        async fn asked(settings: &[((&'static str, &'static str), Value<'static>)]) -> zbus::Result<bool> {
            let known = settings.iter().cloned().collect();
            let portal = connection::Builder::session()?
                .name("org.freedesktop.portal.Desktop")?
                .serve_at("/org/freedesktop/portal/desktop", Portal(known))?;
            let portal = portal.build().await?;
            let answer = is_unwanted().await;
            portal.close().await?;
            answer
        }

        #[test]
        #[ignore = "needs a session bus of its own: dbus-run-session -- cargo test -p kith-ui --lib portal -- --ignored"]
        fn the_portal_is_asked_for_both_settings() {
            let [of_all, of_gnome] = SETTINGS;
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(async {
                assert!(asked(&[]).await.is_err(), "it says nothing");
                assert!(asked(&[(of_all, Value::U32(1))]).await.unwrap());
                let both = [(of_all, Value::U32(0)), (of_gnome, Value::Bool(false))];
                assert!(!asked(&both).await.unwrap(), "the first counts");
                assert!(asked(&[(of_gnome, Value::Bool(false))]).await.unwrap());
            });
        }

        #[test]
        fn both_settings_are_understood() {
            let wrapped = |value: Value<'static>| Value::Value(Box::new(value));
            assert_eq!(meaning(&wrapped(Value::U32(1))), Some(true));
            assert_eq!(meaning(&wrapped(wrapped(Value::U32(0)))), Some(false));
            assert_eq!(meaning(&wrapped(Value::Bool(false))), Some(true), "no animations");
            assert_eq!(meaning(&Value::Bool(true)), Some(false));
            assert_eq!(meaning(&Value::Str("yes".into())), None);
        }
    }
}
