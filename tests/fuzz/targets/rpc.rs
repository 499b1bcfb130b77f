//! See `kith_tests::fuzz`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kith_tests::fuzz::run("rpc", data));
