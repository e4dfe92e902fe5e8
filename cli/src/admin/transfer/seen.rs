//! What stands twice in a file: ids and addresses of the lines so far, in some 60 bytes each, so that a million accounts with an id and
//! two addresses take 200 megabytes.

use std::collections::HashMap;

use latchkey::domain::user::UserId;
use latchkey::store::{AddressTag, Import};

use super::problem::{Kind, Problem};

/// The ids and addresses of the lines so far.
#[derive(Default)]
pub struct Seen {
    ids: HashMap<UserId, u32>,
    addresses: HashMap<[u8; 22], u32>,
}

impl Seen {
    /// Notes an account's addresses, and its id if the line has it: one that was made here is nobody else's.
    ///
    /// # Errors
    /// [`Problem`] if an earlier line has one of them, or this line has one twice; nothing is noted then.
    pub fn note(&mut self, line: u64, import: &Import, has_id: bool) -> Result<(), Problem> {
        let problem = |field: String, earlier: u32| {
            let reason = if u64::from(earlier) == line { "stands twice".to_owned() } else { format!("is in line {earlier} already") };
            Problem { line, kind: Kind::Duplicate, field, reason }
        };
        let number = u32::try_from(line).unwrap_or(u32::MAX);
        if let Some(earlier) = self.ids.get(&import.user.id).filter(|_| has_id) {
            return Err(problem("id".to_owned(), *earlier));
        }
        let mut own: HashMap<[u8; 22], u32> = HashMap::new();
        for address in &import.addresses {
            let prefix = AddressTag::prefix(&address.tag);
            let earlier = own.insert(prefix, number).or_else(|| self.addresses.get(&prefix).copied());
            if let Some(earlier) = earlier {
                return Err(problem(address.address.as_given().to_owned(), earlier));
            }
        }
        if has_id {
            self.ids.insert(import.user.id, number);
        }
        self.addresses.extend(own);
        Ok(())
    }
}
