//! The rules: no input or output, no clock, no surface.

pub mod access_token;
pub mod address;
pub mod challenge;
pub mod code;
pub mod contacts;
pub mod device;
pub mod familiar;
pub mod favourite;
pub mod hash;
pub mod lane;
pub mod limit;
pub mod link;
pub mod locale;
pub mod message;
pub mod name;
pub mod partner;
pub mod partner_token;
pub mod password;
pub mod profile;
pub mod push;
pub mod refresh_token;
pub mod revert;
pub mod session;
pub mod signing;
pub mod surface;
pub mod user;
