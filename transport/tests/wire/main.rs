//! Real sockets on this machine, real certificates.

mod certificates;
mod health;
mod links;
mod public_service;
mod receipts;
mod strangers;
mod support;
