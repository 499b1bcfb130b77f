//! What an envelope has on the wire beside its text: tags, nonce, signature, header. What hides the text's length counts
//! as text. One link, an epoch that one of the two has announced.

use kith_node::store::MemoryStore;
use kith_tests::{
    figures::Figure,
    measure::{self, ENVELOPE_OVERHEAD_BYTES},
    pair::{Pair, Side, identity},
};

const NOW_MS: u64 = 1_800_000_000_000;

/// Bytes of text. An empty one cannot be sent.
const TEXTS: [usize; 4] = [1, 300, 2_000, 60_000];

fn main() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let alice = Side::new(identity(1), "Alice", &a, 1, NOW_MS);
    let bob = Side::new(identity(2), "Bob", &b, 1, NOW_MS);
    let mut pair = Pair::befriended(alice, bob, NOW_MS);
    // The first entry of a log names none before it, and is smaller than all that follow.
    measure::envelope_bytes(&mut pair, 1, NOW_MS);
    for text_bytes in TEXTS {
        let name = format!("envelope.{text_bytes}");
        let size = measure::envelope_bytes(&mut pair, text_bytes, NOW_MS);
        let overhead = measure::envelope_overhead_bytes(&mut pair, text_bytes, NOW_MS);
        Figure::new(format!("{name}.size"), size as f64, "bytes").print();
        Figure::new(format!("{name}.beside_padded_text"), overhead as f64, "bytes")
            .budget(ENVELOPE_OVERHEAD_BYTES as f64)
            .print();
    }
}
