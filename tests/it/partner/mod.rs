//! The Partner API.

mod admin;
mod codes;
mod input;
mod link;
mod token;
