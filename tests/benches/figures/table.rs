//! The table that everything is printed as.

/// One figure.
#[derive(Debug)]
pub(crate) struct Row {
    figure: String,
    ours: String,
    aim: String,
    met: Option<bool>,
    how: String,
}

impl Row {
    /// A figure that nothing was promised of.
    pub(crate) fn new(figure: impl Into<String>, ours: impl Into<String>, how: impl Into<String>) -> Self {
        Self { figure: figure.into(), ours: ours.into(), aim: String::new(), met: None, how: how.into() }
    }

    /// What was promised of it, and whether that holds.
    #[must_use]
    pub(crate) fn aim(self, aim: impl Into<String>, met: bool) -> Self {
        Self { aim: aim.into(), met: Some(met), ..self }
    }
}

/// All figures as one Markdown table.
pub(crate) fn markdown(rows: &[Row]) -> String {
    let line = |row: &Row| {
        let met = row.met.map_or("", |met| if met { "yes" } else { "**no**" });
        format!("| {} | {} | {} | {met} | {} |", row.figure, row.ours, row.aim, row.how)
    };
    let head = "| figure | ours | aim | met | how measured |\n|---|---|---|---|---|".to_owned();
    std::iter::once(head).chain(rows.iter().map(line)).collect::<Vec<_>>().join("\n")
}
