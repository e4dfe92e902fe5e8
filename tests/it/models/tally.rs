//! How far the models get: whoever changes what they do sees whether everything still happens.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

/// How often something happened, by its name.
#[derive(Clone, Default)]
pub(super) struct Tally(Rc<RefCell<BTreeMap<String, usize>>>);

impl Tally {
    pub(super) fn count(&self, what: impl Into<String>) {
        *self.0.borrow_mut().entry(what.into()).or_default() += 1;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.borrow().iter().try_for_each(|(what, times)| writeln!(formatter, "{times:8} {what}"))
    }
}
