//! `holdfast-hub`: the hub of one store.

fn main() -> std::process::ExitCode {
    holdfast_hub::cli::main()
}
