//! What an act does to people and their addresses: the model that the table is held against.

use std::collections::BTreeSet;

use super::view::{Account, Contact, Person, Place, View};

const YOUTH: i64 = 72 * 3_600_000;
const GRACE: i64 = 30 * 86_400_000;

/// What an act may change, and of whom.
#[derive(Debug, Clone)]
pub(super) enum Change {
    Nothing,
    Added(String, &'static str),
    Wanted(String, &'static str),
    Proved(String, Place),
    Preferred(String, Place),
    Removed(String, Place),
    Reverted,
    Reset(&'static str),
    Asked(String),
    Scheduled(String),
    Kept(String),
    Hidden(String),
    Purged,
}

/// From when to when an act may have read the time.
type Span = (i64, i64);

/// Whether the change was made, if anything changed; why it must not have been.
pub(super) fn judge(change: &Change, before: &View, after: &View, span: Span) -> Result<bool, String> {
    let ids: BTreeSet<&String> = before.people.keys().chain(after.people.keys()).collect();
    let changed: Vec<&String> = ids.into_iter().filter(|id| before.people.get(*id) != after.people.get(*id)).collect();
    let [id] = changed[..] else {
        return if changed.is_empty() { Ok(false) } else { Err("it changed two people".to_owned()) };
    };
    let (was, is) = (before.person(id), after.person(id));
    let whose = match change {
        Change::Nothing => return Err("it changes nothing".to_owned()),
        Change::Added(whose, _)
        | Change::Wanted(whose, _)
        | Change::Proved(whose, _)
        | Change::Preferred(whose, _)
        | Change::Removed(whose, _)
        | Change::Asked(whose)
        | Change::Scheduled(whose)
        | Change::Kept(whose)
        | Change::Hidden(whose) => whose,
        Change::Reverted | Change::Reset(_) | Change::Purged => id,
    };
    if whose != id {
        return Err(format!("it changed {id}"));
    }
    if let Change::Purged = change {
        return purged(&was, &is, span).map(|()| true);
    }
    let account = was.account.clone().ok_or("there is no account")?;
    let admitted: &[&str] = match change {
        Change::Kept(_) | Change::Reverted | Change::Reset(_) => &["active", "pending_deletion"],
        _ => &["active"],
    };
    if !admitted.contains(&account.status.as_str()) {
        return Err(format!("the account is {}", account.status));
    }
    let mut expected = match change {
        Change::Added(_, address) => added(was, account, address),
        Change::Wanted(_, address) => wanted(was, account, address)?,
        Change::Proved(_, place) => proved(was, account, &is, *place, span)?,
        Change::Preferred(_, place) => preferred(was, account, *place)?,
        Change::Removed(_, place) => removed(was, account, *place)?,
        Change::Reverted => reverted(&was, account, &is)?,
        Change::Reset(address) => reset(&was, account, &is, address, span)?,
        Change::Asked(_) => asked(was, &is)?,
        Change::Scheduled(_) => scheduled(was, account, &is, span)?,
        Change::Kept(_) => kept(was, account)?,
        Change::Hidden(_) => hidden(was, account, &is),
        Change::Nothing | Change::Purged => was,
    };
    // Which addresses are remembered is the account's own affair: the model believes it, and sees what comes of it.
    if let (Some(expected), Some(is)) = (&mut expected.account, &is.account) {
        expected.former_emails.clone_from(&is.former_emails);
        // As is, where addresses come back or leave, what [`View::assert_sound`] looks at.
        expected.young_until = is.young_until;
    }
    if expected == is { Ok(true) } else { Err(format!("it leads to {expected:#?}")) }
}

/// Whether it is so already, and there is nothing to do.
pub(super) fn is_so(change: &Change, view: &View) -> bool {
    match change {
        Change::Added(id, address) => view.person(id).contacts.values().any(|contact| !contact.verified && contact.address == *address),
        Change::Wanted(id, address) => {
            let person = view.person(id);
            let mut listed = person.contacts.iter().filter(|(_, contact)| contact.address == *address);
            let awaits = |(channel, number): Place| person.account.as_ref().is_some_and(|account| account.awaited[channel] == Some(number));
            listed.any(|(place, contact)| contact.primary || awaits(*place))
        }
        Change::Preferred(id, place) => view.person(id).contacts.get(place).is_some_and(|contact| contact.primary),
        Change::Nothing => true,
        _ => false,
    }
}

fn change_contact(person: &mut Person, place: Place, change: impl FnOnce(&mut Contact)) -> Result<(), String> {
    person.contacts.get_mut(&place).map(change).ok_or_else(|| "there is no such address".to_owned())
}

fn added(mut person: Person, mut account: Account, address: &str) -> Person {
    let channel = usize::from(!address.contains('@'));
    let number = account.next[channel];
    account.next[channel] += 1;
    account.counts[channel] += 1;
    let contact = Contact { address: address.to_owned(), verified: false, primary: false, young_until: None };
    person.contacts.insert((channel, number), contact);
    Person { account: Some(account), ..person }
}

/// As the primary address: at once if it is proved, else when it is. What was waited for so far is waited for no longer.
fn wanted(person: Person, account: Account, address: &str) -> Result<Person, String> {
    let listed = person.contacts.iter().find(|(_, contact)| contact.address == address).map(|(place, contact)| (*place, contact.verified));
    if let Some((place, true)) = listed {
        return preferred(person, account, place);
    }
    let channel = usize::from(!address.contains('@'));
    let place = listed.map_or((channel, account.next[channel]), |(place, _)| place);
    let person = if listed.is_some() { Person { account: Some(account), ..person } } else { added(person, account, address) };
    let Person { account: Some(mut account), mut contacts, deletion } = person else { return Err("there is no account".to_owned()) };
    if let Some(replaced) = account.awaited[channel].replace(place.1) {
        if replaced == place.1 {
            return Err("it was waited for before".to_owned());
        }
        contacts.remove(&(channel, replaced));
        account.counts[channel] -= 1;
    }
    Ok(Person { account: Some(account), contacts, deletion })
}

fn proved(mut person: Person, mut account: Account, is: &Person, place: Place, span: Span) -> Result<Person, String> {
    let joins = person.contacts.values().any(|contact| contact.verified);
    let young_until = is.contacts.get(&place).and_then(|contact| contact.young_until);
    if young_until.is_some() != joins || young_until.is_some_and(|until| until < span.0 + YOUTH || span.1 + YOUTH < until) {
        return Err(format!("it is young until {young_until:?}"));
    }
    // One that is shown without being proved gives way to the first that is.
    let is_proved = |number: u64| person.contacts.get(&(place.0, number)).is_some_and(|contact| contact.verified);
    let is_awaited = account.awaited[place.0] == Some(place.1);
    let first = is_awaited || !account.primary[place.0].is_some_and(is_proved);
    if is_awaited {
        account.awaited[place.0] = None;
    }
    if first && let Some(former) = account.primary[place.0].replace(place.1) {
        change_contact(&mut person, (place.0, former), |contact| contact.primary = false)?;
    }
    let mut was_proved = false;
    change_contact(&mut person, place, |contact| {
        was_proved = contact.verified;
        *contact = Contact { verified: true, primary: first, young_until, ..contact.clone() };
    })?;
    if was_proved { Err("it was proved before".to_owned()) } else { Ok(Person { account: Some(account), ..person }) }
}

fn preferred(mut person: Person, mut account: Account, place: Place) -> Result<Person, String> {
    if let Some(former) = account.primary[place.0].replace(place.1) {
        change_contact(&mut person, (place.0, former), |contact| contact.primary = false)?;
    }
    let mut is_proved = false;
    change_contact(&mut person, place, |contact| {
        is_proved = contact.verified;
        contact.primary = true;
    })?;
    if is_proved { Ok(Person { account: Some(account), ..person }) } else { Err("it is not proved".to_owned()) }
}

fn removed(mut person: Person, mut account: Account, place: Place) -> Result<Person, String> {
    let contact = person.contacts.remove(&place).ok_or("there is no such address")?;
    let others = || person.contacts.iter();
    if contact.verified && !others().any(|(_, other)| other.verified) {
        return Err("it was the last way in".to_owned());
    }
    account.counts[place.0] -= 1;
    if account.awaited[place.0] == Some(place.1) {
        account.awaited[place.0] = None;
    }
    if contact.primary {
        // One that is added beside it and not proved is as one that is added after it.
        if place.0 == 0 || others().any(|((channel, _), other)| *channel == 1 && other.verified) {
            return Err("it was the primary one".to_owned());
        }
        account.primary[place.0] = None;
    }
    Ok(Person { account: Some(account), ..person })
}

/// A former primary address comes back. What joined after it goes, if it took its place since, or was young then.
fn reverted(person: &Person, account: Account, is: &Person) -> Result<Person, String> {
    let back = is.account.as_ref().and_then(|account| account.primary[0]).ok_or("there is no primary address")?;
    let formers = &account.former_emails;
    let at = formers.iter().position(|(number, _)| *number == back).ok_or("there is nothing to come back to")?;
    let (_, since) = formers[at];
    let joined = person.contacts.get(&(0, back)).ok_or("it is not there")?.young_until;
    let mut expected = person.clone();
    expected.contacts.retain(|place, contact| {
        let primary_since =
            *place == (0, account.primary[0].unwrap_or_default()) || formers[at + 1..].iter().any(|(number, _)| *place == (0, *number));
        let leaves = contact.young_until > joined && (primary_since || contact.young_until.is_some_and(|until| until > since));
        !(contact.verified && *place != (0, back) && leaves)
    });
    // What is scheduled was confirmed since.
    if account.status == "pending_deletion" {
        let deletion = expected.deletion.as_mut().ok_or("nobody asked")?;
        "cancelled".clone_into(&mut deletion.stage);
        deletion.version += 1;
    }
    let account = Account { status: "active".to_owned(), awaited: [None; 2], ..account };
    ended(expected, account, is, false)
}

fn reset(person: &Person, account: Account, is: &Person, address: &str, span: Span) -> Result<Person, String> {
    let mut expected = person.clone();
    if !person.contacts.values().any(|contact| contact.verified && contact.address == address) {
        return Err("the address is not theirs".to_owned());
    }
    for (place, contact) in person.contacts.iter().filter(|(_, contact)| contact.verified && contact.address != address) {
        let left = is.contacts.get(place).is_some_and(|contact| !contact.verified);
        if is_young(contact, span, left) {
            let lost = Contact { verified: false, primary: false, young_until: None, ..contact.clone() };
            expected.contacts.insert(*place, lost);
        }
    }
    ended(expected, account, is, true)
}

/// Whether a proved address is young. Where the moment decides, as it was decided.
fn is_young(contact: &Contact, (from, to): Span, decided: bool) -> bool {
    match contact.young_until {
        None => false,
        Some(until) if to < until => true,
        Some(until) if until <= from => false,
        Some(_) => decided,
    }
}

/// All sessions end. Which addresses are the primary ones now is for [`View::assert_sound`] to judge.
fn ended(mut expected: Person, account: Account, is: &Person, has_password: bool) -> Result<Person, String> {
    let now = is.account.clone().ok_or("there is no account")?;
    for (place, contact) in &mut expected.contacts {
        contact.primary = now.primary[place.0] == Some(place.1);
    }
    let epoch = account.epoch + 1;
    let counts = [0, 1].map(|channel| expected.contacts.keys().filter(|(kind, _)| *kind == channel).count() as u64);
    Ok(Person { account: Some(Account { epoch, has_password, primary: now.primary, counts, ..account }), ..expected })
}

fn asked(mut person: Person, is: &Person) -> Result<Person, String> {
    let stage = person.deletion.as_ref().map(|deletion| deletion.stage.as_str());
    if !matches!(stage, None | Some("pending_confirmation" | "cancelled")) {
        return Err(format!("the deletion is {stage:?}"));
    }
    let version = person.deletion.map_or(0, |deletion| deletion.version) + 1;
    person.deletion = is.deletion.clone().filter(|now| now.stage == "pending_confirmation" && now.version == version && now.due.is_none());
    Ok(person)
}

fn scheduled(mut person: Person, mut account: Account, is: &Person, span: Span) -> Result<Person, String> {
    let asked = person.deletion.take().filter(|deletion| deletion.stage == "pending_confirmation").ok_or("nobody asked")?;
    let in_time = |due: i64| span.0 + GRACE <= due && due <= span.1 + GRACE;
    let scheduled =
        |now: &super::view::Deletion| now.stage == "scheduled" && now.version == asked.version + 1 && now.due.is_some_and(in_time);
    person.deletion = is.deletion.clone().filter(scheduled);
    "pending_deletion".clone_into(&mut account.status);
    account.epoch += 1;
    Ok(Person { account: Some(account), ..person })
}

fn kept(mut person: Person, mut account: Account) -> Result<Person, String> {
    let deletion = person.deletion.as_mut().ok_or("nobody asked")?;
    let stage = if account.status == "active" { "pending_confirmation" } else { "scheduled" };
    if deletion.stage != stage {
        return Err(format!("the deletion is {}", deletion.stage));
    }
    "cancelled".clone_into(&mut deletion.stage);
    deletion.version += 1;
    "active".clone_into(&mut account.status);
    Ok(Person { account: Some(account), ..person })
}

fn hidden(person: Person, account: Account, is: &Person) -> Person {
    Person { account: Some(account.hidden()), deletion: is.deletion.clone().filter(|deletion| deletion.stage == "purging"), ..person }
}

/// Only what is due is begun, and only what was begun gets less.
fn purged(was: &Person, is: &Person, span: Span) -> Result<(), String> {
    let deletion = was.deletion.as_ref().ok_or("there is no deletion")?;
    match deletion.stage.as_str() {
        "scheduled" => {
            let due = deletion.due.is_some_and(|due| due <= span.1);
            let account = was.account.clone().ok_or("there is no account")?;
            let begun = Person { contacts: was.contacts.clone(), ..hidden(was.clone(), account, is) };
            if due && begun == *is { Ok(()) } else { Err(format!("it was due: {due}; it leads to {begun:#?}")) }
        }
        "purging" => {
            let less = is.contacts.iter().all(|(place, contact)| was.contacts.get(place) == Some(contact));
            let gone = is.account.is_none() || is.account == was.account;
            let last = is.deletion == was.deletion || (is.deletion.is_none() && is.account.is_none() && is.contacts.is_empty());
            if less && gone && last { Ok(()) } else { Err("it does more than delete, or the account goes first".to_owned()) }
        }
        stage => Err(format!("the deletion is {stage}")),
    }
}
