//! Reading the fields of a body: all that is wrong is told at once.

use std::fmt::Display;

use serde_json::Value;

use super::body::Given;
use crate::http;
use crate::reason::{FieldProblem, Flaw, Problem};

/// The fields that were wrong so far, each with the kind of its flaw.
#[derive(Debug, Default)]
pub struct Fields(http::Fields);

impl Fields {
    fn note<T>(&mut self, field: &'static str, flaw: Flaw) -> Option<T> {
        self.0.note(FieldProblem::flawed(field, flaw));
        None
    }

    /// A text.
    pub fn text<'a>(&mut self, field: &'static str, given: &'a Given) -> Option<&'a str> {
        match given {
            Given::Not => self.note(field, Flaw::Missing),
            Given::As(Value::String(text)) => Some(text),
            Given::As(_) => self.note(field, Flaw::NotText),
        }
    }

    /// A text of so many characters.
    pub fn bounded<'a>(&mut self, field: &'static str, given: &'a Given, least: usize, most: usize) -> Option<&'a str> {
        let text = self.text(field, given)?;
        match text.chars().count() {
            length if length < least => self.note(field, Flaw::TooShort(least)),
            length if length > most => self.note(field, Flaw::TooLong(most)),
            _ => Some(text),
        }
    }

    /// A text that is more than a text.
    pub fn read<'a, T, E: Display>(
        &mut self,
        field: &'static str,
        given: &'a Given,
        parse: impl FnOnce(&'a str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.text(field, given)?;
        self.check(field, parse(text))
    }

    /// What was made of a field.
    pub fn check<T, E: Display>(&mut self, field: &'static str, parsed: Result<T, E>) -> Option<T> {
        self.0.read(field, parsed)
    }

    /// A field that need not be given; null is as good as nothing.
    pub fn optional<'a, T, E: Display>(
        &mut self,
        field: &'static str,
        given: &'a Given,
        parse: impl FnOnce(&'a str) -> Result<T, E>,
    ) -> Option<T> {
        match given {
            Given::Not | Given::As(Value::Null) => None,
            Given::As(_) => self.read(field, given, parse),
        }
    }

    /// True or false.
    pub fn flag(&mut self, field: &'static str, given: &Given) -> Option<bool> {
        match given {
            Given::Not => self.note(field, Flaw::Missing),
            Given::As(Value::Bool(flag)) => Some(*flag),
            Given::As(_) => self.note(field, Flaw::NotBoolean),
        }
    }

    /// Whether nothing was wrong so far.
    #[must_use]
    pub fn are_right(&self) -> bool {
        self.0.are_right()
    }

    /// The refusal that names them.
    #[must_use]
    pub fn refuse(self) -> Problem {
        self.0.refuse()
    }
}
