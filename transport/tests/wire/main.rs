//! Real sockets on this machine, real certificates.

mod certificates;
mod links;
mod public_service;
mod support;
