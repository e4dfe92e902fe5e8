//! The Phone API.

mod admin;
mod input;
mod login;
mod password;
mod signup;
mod sms;
