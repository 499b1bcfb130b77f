//! When whom our network lost is dialled again: soon, but never in storms.

#![allow(
    clippy::panic,
    reason = "helpers of tests: a story that cannot go on has failed, and says where"
)]

use kith_node::{
    effects::Transmit,
    id::DeviceId,
    input::{Input, NetEvent},
    store::MemoryStore,
    view::BootstrapView,
};
use kith_tests::{
    pair::{Pair, Side, identity},
    town::Town,
};

const NOW_MS: u64 = 1_800_000_000_000;
const SECOND_MS: u64 = 1_000;
const MINUTE_MS: u64 = 60 * SECOND_MS;

fn linked<'s>(a: &'s MemoryStore, b: &'s MemoryStore) -> Pair<'s> {
    let alice = Side::new(identity(1), "Alice", a, 1, NOW_MS);
    let bob = Side::new(identity(2), "Bob", b, 1, NOW_MS);
    Pair::befriended(alice, bob, NOW_MS)
}

/// How a device is dialled from `from_ms` to `to_ms`, by the second, when each attempt ends as `ends` says: the times.
fn dials(side: &mut Side<'_>, device: DeviceId, (from_ms, to_ms): (u64, u64), fails: bool) -> Vec<u64> {
    let mut times = Vec::new();
    let mut now_ms = from_ms;
    while now_ms < to_ms {
        side.wishes.clear();
        side.input(Input::Timer, now_ms);
        let is_dialled =
            |wish: &Transmit| matches!(wish, Transmit::Dial { device: dialled, .. } if *dialled == device);
        if side.wishes.iter().any(is_dialled) {
            times.push(now_ms);
            if fails {
                let reason = String::from("nobody there");
                side.input(Input::Net(NetEvent::DialFailed { device, reason }), now_ms);
            }
        }
        now_ms = side.wake_at_ms.max(now_ms + 1);
    }
    times
}

fn longest_pause(times: &[u64], until_ms: u64) -> u64 {
    let ends = times.iter().skip(1).chain([&until_ms]);
    times
        .iter()
        .zip(ends)
        .map(|(one, next)| next - one)
        .max()
        .unwrap_or(u64::MAX)
}

#[test]
fn who_was_linked_a_moment_ago_is_dialled_every_few_seconds_and_later_seldom() {
    for fails in [true, false] {
        let (a, b) = (MemoryStore::new(), MemoryStore::new());
        let mut pair = linked(&a, &b);
        let bob = pair.bob.device;
        pair.unlink(NOW_MS);
        let until_ms = NOW_MS + 9 * MINUTE_MS;
        let times = dials(&mut pair.alice, bob, (NOW_MS, until_ms), fails);
        assert!(longest_pause(&times, until_ms) <= 5 * SECOND_MS, "{times:?}");
        let (from_ms, until_ms) = (NOW_MS + 12 * MINUTE_MS, NOW_MS + 72 * MINUTE_MS);
        let times = dials(&mut pair.alice, bob, (from_ms, until_ms), fails);
        assert!(times.len() <= 125, "{} in an hour", times.len());
    }
}

fn bootstraps(side: &mut Side<'_>, connected: bool, now_ms: u64) {
    let bootstrap = BootstrapView {
        address: "/ip4/192.0.2.1/tcp/1".into(),
        connected,
        problem: None,
    };
    side.input(Input::Net(NetEvent::Bootstraps(vec![bootstrap])), now_ms);
}

#[test]
fn the_first_connection_after_a_cut_ends_all_pauses_but_not_again_and_again() {
    let stores: Vec<MemoryStore> = (0..3).map(|_| MemoryStore::new()).collect();
    let mut town = Town::new(&stores, NOW_MS);
    town.befriends(0, 1);
    town.befriends(0, 2);
    let carol = town.people[2].device;
    town.unlink(0, 1);
    town.unlink(0, 2);
    let alice = &mut town.people[0];
    let mut now_ms = NOW_MS + 60 * MINUTE_MS;
    dials(alice, carol, (NOW_MS, now_ms), true);
    let soon =
        |alice: &mut Side<'_>, now_ms: u64| dials(alice, carol, (now_ms, now_ms + 2 * SECOND_MS), true).len();
    // A bootstrap node answers again.
    bootstraps(alice, true, now_ms);
    assert!(soon(alice, now_ms) > 0);
    for _ in 0..5 {
        now_ms += 2 * SECOND_MS;
        bootstraps(alice, false, now_ms);
        bootstraps(alice, true, now_ms);
    }
    let times = dials(alice, carol, (now_ms, now_ms + 10 * SECOND_MS), true);
    assert!(times.len() <= 4, "no storm while it comes and goes: {times:?}");
    // A friend does.
    bootstraps(alice, false, now_ms);
    let before_ms = now_ms + 10 * SECOND_MS;
    now_ms += 60 * MINUTE_MS;
    dials(alice, carol, (before_ms, now_ms), true);
    town.now_ms = now_ms;
    town.link(0, 1);
    assert!(soon(&mut town.people[0], now_ms) > 0);
}
