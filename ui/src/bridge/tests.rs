//! The bridge with real nodes behind it.

use std::time::Duration;

use super::*;
use crate::profiles::{ProfileReply, Secret};

/// The answer to the wish about profiles that was asked last.
fn answered(bridge: &mut Bridge) -> Result<ProfileReply, ProfileFailure> {
    for _ in 0..6_000 {
        match bridge.next() {
            Some(Incoming::Profile { result, .. }) => return result,
            Some(_) => {}
            None => std::thread::sleep(Duration::from_millis(20)),
        }
    }
    panic!("no answer within two minutes");
}

fn config(profiles: &std::path::Path, net: NetConfig) -> BridgeConfig {
    BridgeConfig {
        profiles: profiles.to_owned(),
        net,
        flags: Vec::new(),
        socket: None,
    }
}

fn create() -> ProfileRequest {
    ProfileRequest::Create {
        name: "Ada".to_owned(),
        passphrase: Secret::new("violet harbour".to_owned()),
        words: None,
    }
}

#[test]
fn a_profile_whose_node_does_not_start_leaves_nothing_and_the_next_one_can_be_named_anew() {
    let root = tempfile::tempdir().unwrap();
    let profiles = root.path().join("profiles");
    let nowhere = NetConfig {
        listen: Vec::new(),
        ..NetConfig::loopback()
    };
    let mut bridge = Bridge::start(config(&profiles, nowhere), Context::default()).unwrap();
    bridge.profile(RequestId(1), create());
    let refused = answered(&mut bridge);
    assert!(
        matches!(refused, Err(ProfileFailure::Network { .. })),
        "{refused:?}"
    );
    bridge.profile(RequestId(2), ProfileRequest::List);
    assert_eq!(answered(&mut bridge), Ok(ProfileReply::Listed(Vec::new())));
    drop(bridge);

    let mut bridge = Bridge::start(config(&profiles, NetConfig::loopback()), Context::default()).unwrap();
    bridge.profile(RequestId(3), create());
    let made = answered(&mut bridge);
    assert!(
        matches!(&made, Ok(ProfileReply::Created { id, .. }) if id.0 == "ada"),
        "{made:?}"
    );
    let (name, status) = ("Ada Lovelace".to_owned(), String::new());
    bridge.call(RequestId(4), Command::SetProfile { name, status });
    let shown = |bridge: &mut Bridge| {
        bridge.profile(RequestId(5), ProfileRequest::List);
        match answered(bridge) {
            Ok(ProfileReply::Listed(cards)) => cards.first().map(|card| card.name.clone()),
            other => panic!("no list: {other:?}"),
        }
    };
    let renamed = (0..600).any(|_| {
        std::thread::sleep(Duration::from_millis(50));
        shown(&mut bridge).as_deref() == Some("Ada Lovelace")
    });
    assert!(renamed, "the unlock screen shows the name of now");
}

#[test]
fn what_is_wished_later_does_not_overtake_what_takes_longer() {
    let root = tempfile::tempdir().unwrap();
    let config = config(root.path(), NetConfig::loopback());
    let mut bridge = Bridge::start(config, Context::default()).unwrap();
    bridge.profile(RequestId(1), create());
    answered(&mut bridge).unwrap();
    let mut large = std::io::Cursor::new(Vec::new());
    let picture = image::RgbImage::from_fn(1_500, 1_500, |x, y| image::Rgb([x as u8, y as u8, 7]));
    picture.write_to(&mut large, image::ImageFormat::Png).unwrap();
    let large = data_encoding::BASE64.encode(large.get_ref());
    for (id, image) in [(2, Some(large)), (3, None)] {
        bridge.call(RequestId(id), Command::SetPicture { image });
    }
    bridge.call(RequestId(4), Command::GetProfile {});
    let last = loop {
        match bridge.incoming.recv_timeout(Duration::from_secs(120)).unwrap() {
            Incoming::Reply {
                id: RequestId(4),
                result,
            } => break result,
            Incoming::Reply { result, .. } => assert!(result.is_ok(), "{result:?}"),
            _ => {}
        }
    };
    match last.unwrap() {
        Reply::Profile(profile) => assert_eq!(profile.picture, None, "the last wish counts"),
        other => panic!("no profile: {other:?}"),
    }
}

#[test]
fn whoever_waits_for_what_panics_is_answered() {
    let root = tempfile::tempdir().unwrap();
    let config = config(root.path(), NetConfig::loopback());
    let bridge = Bridge::start(config, Context::default()).unwrap();
    // What the system tells of itself may come in between.
    let comes = |wanted: fn(&Incoming) -> bool| {
        let all = || bridge.incoming.recv_timeout(Duration::from_secs(60)).unwrap();
        while !wanted(&all()) {}
    };
    bridge.aside(fault(), |_| panic!("on purpose"));
    comes(|told| matches!(told, Incoming::Event(Event::Fault { .. })));
    bridge.aside(fault(), |_| Incoming::Raise(String::new()));
    comes(|told| matches!(told, Incoming::Raise(_)));
}
