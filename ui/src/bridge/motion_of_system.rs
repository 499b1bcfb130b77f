//! Whether the system asks for less motion, now and as it changes. The window's own library knows of the system's theme, and
//! not of this.

use std::future::Future;

/// Tells whether the system asks for less motion, and again whenever that changes, for as long as the system is there; nothing where
/// it does not say.
#[cfg(target_os = "linux")]
pub async fn follow<F: Future<Output = ()>>(tell: impl Fn(bool) -> F) {
    let followed = match zbus::Connection::session().await {
        Ok(bus) => portal::follow(&bus, tell).await,
        Err(error) => Err(error),
    };
    if let Err(error) = followed {
        tracing::debug!(%error, "the system does not say whether it wants less motion");
    }
}

/// Tells whether the system asks for less motion; here nothing asks it.
#[cfg(not(target_os = "linux"))]
pub async fn follow<F: Future<Output = ()>>(_tell: impl Fn(bool) -> F) {}

/// The desktop portal's settings (org.freedesktop.portal.Settings), which every desktop has that tells of this at all.
#[cfg(target_os = "linux")]
mod portal {
    use std::future::Future;

    use futures::StreamExt as _;
    use zbus::{
        Connection, MatchRule, MessageStream, message,
        zvariant::{OwnedValue, Value},
    };

    /// The portal's name, its object, and the part of it that is asked.
    const PORTAL: &str = "org.freedesktop.portal.Desktop";
    const OBJECT: &str = "/org/freedesktop/portal/desktop";
    const INTERFACE: &str = "org.freedesktop.portal.Settings";

    /// What is asked, in this order: the setting of all desktops, and GNOME's, which older portals have.
    const SETTINGS: [(&str, &str); 2] = [
        ("org.freedesktop.appearance", "reduced-motion"),
        ("org.gnome.desktop.interface", "enable-animations"),
    ];

    /// Asks, and asks again after each change of one of the settings, until the bus is gone.
    pub async fn follow<F: Future<Output = ()>>(
        bus: &Connection,
        tell: impl Fn(bool) -> F,
    ) -> zbus::Result<()> {
        // Heard before it is asked: nothing falls in between. Whoever sends it, all that comes of it is the question.
        let rule = MatchRule::builder()
            .msg_type(message::Type::Signal)
            .path(OBJECT)?
            .interface(INTERFACE)?
            .member("SettingChanged")?
            .build();
        let mut changes = MessageStream::for_match_rule(rule, bus, None).await?;
        let mut told = None;
        loop {
            match is_unwanted(bus).await {
                Ok(unwanted) if told == Some(unwanted) => {}
                Ok(unwanted) => {
                    tell(unwanted).await;
                    told = Some(unwanted);
                }
                // A portal that is not there yet says so when it is.
                Err(error) => tracing::debug!(%error, "the portal does not say whether it wants less motion"),
            }
            loop {
                let Some(change) = changes.next().await else {
                    return Ok(());
                };
                if is_of_ours(&change?) {
                    break;
                }
            }
        }
    }

    /// Whether a change is one of [`SETTINGS`].
    fn is_of_ours(change: &zbus::Message) -> bool {
        let body = change.body();
        let read: zbus::Result<(&str, &str, Value<'_>)> = body.deserialize();
        read.is_ok_and(|(namespace, key, _)| SETTINGS.contains(&(namespace, key)))
    }

    /// Fails with what the last question failed with, if none was answered.
    async fn is_unwanted(bus: &Connection) -> zbus::Result<bool> {
        let mut answer = Ok(false);
        for setting in SETTINGS {
            match read(bus, setting).await {
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
        // Not `ReadOne`, which portals of before 2023 lack.
        let reply = bus
            .call_method(Some(PORTAL), OBJECT, Some(INTERFACE), "Read", &setting)
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
        use std::{
            collections::HashMap,
            io::{BufRead as _, BufReader, ErrorKind},
            process::{Child, Command, Stdio},
            time::Duration,
        };

        use kith_tests::shown::not_shown;
        use tokio::{sync::mpsc, task::JoinHandle};
        use zbus::{connection, fdo, interface, object_server::SignalEmitter};

        use super::*;

        /// A session bus of our own, with nobody on it and no service that it could start.
        struct Bus {
            daemon: Child,
            address: String,
            _folder: tempfile::TempDir,
        }

        impl Bus {
            /// Gives nothing where there is no program for it.
            fn start() -> Option<Self> {
                let folder = tempfile::tempdir().unwrap();
                let config = folder.path().join("bus.conf");
                let said = format!(
                    "<busconfig><type>session</type><listen>unix:dir={}</listen><policy context=\"default\">\
                     <allow send_destination=\"*\"/><allow receive_sender=\"*\"/><allow own=\"*\"/></policy></busconfig>",
                    folder.path().display()
                );
                std::fs::write(&config, said).unwrap();
                let started = Command::new("dbus-daemon")
                    .arg(format!("--config-file={}", config.display()))
                    .args(["--print-address", "--nofork", "--nopidfile"])
                    .stdin(Stdio::null())
                    .stdout(Stdio::piped())
                    .stderr(Stdio::null())
                    .spawn();
                let mut daemon = match started {
                    Ok(daemon) => daemon,
                    Err(error) if error.kind() == ErrorKind::NotFound => return None,
                    Err(error) => panic!("the bus does not start: {error}"),
                };
                let mut address = String::new();
                let said = daemon.stdout.take().unwrap();
                BufReader::new(said).read_line(&mut address).unwrap();
                Some(Self {
                    daemon,
                    address: address.trim().to_owned(),
                    _folder: folder,
                })
            }

            async fn join(&self) -> Connection {
                let address = connection::Builder::address(self.address.as_str()).unwrap();
                address.build().await.unwrap()
            }

            /// Somebody who is the portal, with these settings.
            async fn portal(
                &self,
                settings: &[((&'static str, &'static str), Value<'static>)],
            ) -> Connection {
                let known = Portal(settings.iter().cloned().collect());
                let portal = self.join().await;
                portal.object_server().at(OBJECT, known).await.unwrap();
                portal.request_name(PORTAL).await.unwrap();
                portal
            }
        }

        impl Drop for Bus {
            fn drop(&mut self) {
                self.daemon.kill().unwrap();
                self.daemon.wait().unwrap();
            }
        }

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

            #[zbus(signal)]
            async fn setting_changed(
                emitter: &SignalEmitter<'_>,
                namespace: &str,
                key: &str,
                value: Value<'_>,
            ) -> zbus::Result<()>;
        }

        /// Gives a setting another value, and tells everybody.
        async fn set(portal: &Connection, setting: (&'static str, &'static str), value: Value<'static>) {
            let object = portal
                .object_server()
                .interface::<_, Portal>(OBJECT)
                .await
                .unwrap();
            object.get_mut().await.0.insert(setting, value.clone());
            let (namespace, key) = setting;
            Portal::setting_changed(object.signal_emitter(), namespace, key, value)
                .await
                .unwrap();
        }

        /// What is told to somebody who follows the portal, for as long as it goes on.
        fn followed(here: Connection) -> (JoinHandle<zbus::Result<()>>, mpsc::UnboundedReceiver<bool>) {
            let (sender, told) = mpsc::unbounded_channel();
            let following = tokio::spawn(async move {
                let tell = |unwanted| {
                    sender.send(unwanted).unwrap();
                    std::future::ready(())
                };
                follow(&here, tell).await
            });
            (following, told)
        }

        /// Runs `story` with a bus of its own.
        fn on_a_bus(test: &str, story: impl AsyncFnOnce(&Bus)) {
            let Some(bus) = Bus::start() else {
                return not_shown(test, "there is no dbus-daemon");
            };
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                let told = tokio::time::timeout(Duration::from_secs(120), story(&bus)).await;
                told.expect("the story ends");
            });
        }

        #[test]
        fn the_portal_is_asked_for_both_settings() {
            let [of_all, of_gnome] = SETTINGS;
            on_a_bus("the_portal_is_asked_for_both_settings", async |bus| {
                let here = bus.join().await;
                let asked = async |settings: &[_]| {
                    let portal = bus.portal(settings).await;
                    let answer = is_unwanted(&here).await;
                    portal.release_name(PORTAL).await.unwrap();
                    answer
                };
                assert!(asked(&[]).await.is_err(), "it says nothing");
                assert!(asked(&[(of_all, Value::U32(1))]).await.unwrap());
                let both = [(of_all, Value::U32(0)), (of_gnome, Value::Bool(false))];
                assert!(!asked(&both).await.unwrap(), "the first counts");
                assert!(asked(&[(of_gnome, Value::Bool(false))]).await.unwrap());
            });
        }

        #[test]
        fn a_change_of_the_system_is_told_once_and_that_of_something_else_is_not() {
            let [of_all, of_gnome] = SETTINGS;
            let colours = ("org.freedesktop.appearance", "color-scheme");
            on_a_bus("a_change_of_the_system_is_told_once", async |bus| {
                let portal = bus.portal(&[(of_all, Value::U32(0))]).await;
                let here = bus.join().await;
                let (following, mut told) = followed(here);
                assert_eq!(told.recv().await, Some(false));
                set(&portal, colours, Value::U32(1)).await;
                set(&portal, of_gnome, Value::Bool(false)).await;
                set(&portal, of_all, Value::U32(1)).await;
                assert_eq!(
                    told.recv().await,
                    Some(true),
                    "the first counts, and only what changes is told"
                );
                set(&portal, of_all, Value::U32(0)).await;
                assert_eq!(told.recv().await, Some(false));
                following.abort();
            });
        }

        #[test]
        fn a_portal_that_comes_later_is_heard() {
            let [of_all, _] = SETTINGS;
            on_a_bus("a_portal_that_comes_later_is_heard", async |bus| {
                let here = bus.join().await;
                let (following, mut told) = followed(here);
                let portal = bus.portal(&[]).await;
                // Whether or not it had been asked before this: one of the two says it.
                set(&portal, of_all, Value::U32(1)).await;
                while !told.recv().await.expect("it is followed on") {}
                following.abort();
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
