//! `holdfast-hub`: the hub of one store.

/// The state's database frees on one thread what it allocated on another; with an arena for every thread the memory of both
/// stays taken.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    holdfast_pan::mask_panics();
    holdfast_hub::cli::main()
}
