//! What is said when the local stack is ready.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::console;
use super::variables::Addresses;

/// What is said when the local stack is ready.
#[derive(Debug)]
pub struct Banner {
    /// Where it is called.
    pub addresses: Addresses,
    /// The folder of its state; `None`: it keeps nothing.
    pub folder: Option<PathBuf>,
    /// The table's name.
    pub table: String,
    /// Whether others than this machine can reach it.
    pub open_to_others: bool,
    /// From its start until now.
    pub ready_after: Duration,
}

impl fmt::Display for Banner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { addresses: Addresses { api, dynamodb }, folder, table, open_to_others, ready_after } = self;
        let state = folder
            .as_ref()
            .map_or_else(|| "in memory, gone at the end".to_owned(), |folder| format!("{} (remove it to begin anew)", folder.display()));
        writeln!(formatter, "Latchkey is ready after {} ms.\n", ready_after.as_millis())?;
        writeln!(formatter, "  API       {api}")?;
        writeln!(formatter, "  Console   {api}{} (the messages that were sent, and the API to try)", console::BASE)?;
        writeln!(formatter, "  DynamoDB  {dynamodb} (table {table}, any credentials)")?;
        writeln!(formatter, "  State     {state}\n")?;
        if *open_to_others {
            let warning = "Warning: others on your network can reach this, and with it every account, code and message in it.";
            writeln!(formatter, "{warning}\n")?;
        }
        writeln!(formatter, "Sign someone up, and find the code among the messages:\n")?;
        writeln!(formatter, "  curl -s {api}/v1/auth/signup -H 'content-type: application/json' \\")?;
        let person = r#"{"name":"Ada Lovelace","email":"ada@example.com","password":"analytical engine no. 1"}"#;
        writeln!(formatter, "    -d '{person}'")?;
        writeln!(formatter, "  curl -s '{api}/_local/messages?to=ada@example.com'\n")?;
        writeln!(formatter, "Ctrl-C ends it.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_state_and_the_first_request_are_told() {
        let addresses = Addresses { api: "http://127.0.0.1:3000".to_owned(), dynamodb: "http://127.0.0.1:8000".to_owned() };
        let banner = |folder, open_to_others| {
            let ready_after = Duration::from_millis(42);
            Banner { addresses: addresses.clone(), folder, table: "latchkey".to_owned(), open_to_others, ready_after }.to_string()
        };
        let kept = banner(Some(PathBuf::from(".latchkey")), false);
        for part in
            ["42 ms", "http://127.0.0.1:3000/_local/", "http://127.0.0.1:8000", ".latchkey", "curl -s http://127.0.0.1:3000/v1/auth/signup"]
        {
            assert!(kept.contains(part), "{part}: {kept}");
        }
        assert!(!kept.contains("Warning"));
        assert!(banner(None, true).contains("Warning: others") && banner(None, true).contains("in memory"));
    }
}
