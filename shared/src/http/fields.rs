//! Reading the fields of a request: all that is wrong is told at once.

use std::fmt::Display;

use crate::reason::{FieldProblem, Problem, Reason};

/// The fields that were wrong so far.
#[derive(Debug, Default)]
pub struct Fields(Vec<FieldProblem>);

impl Fields {
    /// Notes what was wrong with a field; the value, if nothing was.
    pub fn read<T, E: Display>(&mut self, field: &'static str, parsed: Result<T, E>) -> Option<T> {
        parsed.map_err(|error| self.note(FieldProblem::new(field, error.to_string()))).ok()
    }

    /// Notes what was wrong with a field.
    pub fn note(&mut self, problem: FieldProblem) {
        self.0.push(problem);
    }

    /// Whether nothing was wrong so far.
    #[must_use]
    pub fn are_right(&self) -> bool {
        self.0.is_empty()
    }

    /// The refusal that names them.
    #[must_use]
    pub fn refuse(self) -> Problem {
        Problem { details: self.0, ..Problem::new(Reason::InvalidRequest) }
    }
}
