//! The Account API, one file per endpoint group.

mod login;
mod logout;
mod profile;
mod refresh;
mod register;
mod requests;
mod resend;
