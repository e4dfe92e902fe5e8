//! The Account API, one file per endpoint group.

mod addresses;
mod contacts;
mod deletion;
mod devices;
mod export;
mod favourites;
mod login;
mod logout;
mod look_up;
mod otp;
mod password;
mod profile;
mod push_devices;
mod recover;
mod refresh;
mod register;
mod requests;
mod resend;
mod sessions;
mod sms;
mod thief;
mod update;
mod vendor_hashes;
