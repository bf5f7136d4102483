#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let target = holdfast_devices::fuzz::target("escpos_status").expect("it is one of the codecs");
    (target.run)(bytes);
});
