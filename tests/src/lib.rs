//! What the tests of the whole of Kith share.
//!
//! * [`child`]: a node in a process of its own, so that its cost can be measured.
//! * [`deletions`]: Alice and Bob, and what they delete.
//! * [`display`]: a display for the benches of the window.
//! * [`fates`]: what has to become of a message that is deleted or disappears.
//! * [`fill`]: profiles with a million messages; [`pair`]: two engines in one hand.
//! * [`fixture`]: profile folders as older versions left them.
//! * [`figures`], [`machine`] and [`measure`]: how the benches print, what the machine says about itself, and what several
//!   benches measure alike.
//! * [`fuzz`]: what every decoder and the engine's input have to bear.
//! * [`kills`]: the real programs under load, killed at random moments.
//! * [`mallory`]: a device without an engine, that breaks the rules.
//! * [`mounted`]: stories on a small or read-only disk.
//! * [`netns`]: networks of a test's own.
//! * [`power`]: what a disk may hold after its power went.
//! * [`proc`]: the real programs as people start them, spoken to over JSON-RPC and killed without warning.
//! * [`raw`]: a libp2p client that stays below the link, from any address.
//! * [`scene`]: two honest people and Mallory.
//! * [`seen`]: what a person of the world sees of their network and of themselves.
//! * [`shown`]: what a test could not show on this machine is said and listed.
//! * [`siege`]: a real node under attack, its memory and its friends.
//! * [`sim`]: one engine after another in virtual time, under a hostile network; one seed is one story.
//! * [`telling`]: Alice and Bob as stories of two engines tell of them.
//! * [`town`]: several engines in one hand, and carriers that do not do what they say.
//! * [`watched`]: a store whose reads are watched.
//! * [`world`]: real nodes in this process, and the people who use them.
//!
//! Tests of one crate live in that crate. What lives here needs more than one: the self-check (`bin/selfcheck.rs`), and
//! the tests in `tests/`.

#![deny(missing_docs)]

pub mod child;
pub mod deletions;
pub mod display;
pub mod fates;
pub mod figures;
pub mod fill;
pub mod fixture;
pub mod fuzz;
pub mod kills;
pub mod machine;
pub mod mallory;
pub mod measure;
pub mod mounted;
pub mod netns;
pub mod pair;
pub mod power;
pub mod proc;
pub mod raw;
pub mod scene;
pub mod seen;
pub mod shown;
pub mod siege;
pub mod sim;
pub mod telling;
pub mod town;
pub mod watched;
pub mod world;
