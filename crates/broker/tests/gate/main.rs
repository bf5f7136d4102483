//! The gate from outside: real sockets, real clients, real attacks.

#![allow(clippy::unwrap_used, reason = "everything here is a test")]

mod attacks;
mod clients;
mod flow;
mod fuzz;
mod resources;
mod rig;
mod sessions;
mod trespass;
mod upstream;
mod websocket;
