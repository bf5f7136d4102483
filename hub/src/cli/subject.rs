//! `subject`: who is kept, what is known of one of them, making one of two, taking everything along, and erasing them.

use std::fs::OpenOptions;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueEnum};
use holdfast_domain::calendar::Timestamp;
use holdfast_domain::ids::SubjectId;
use holdfast_domain::subject::ErasureReason;
use holdfast_protocol::subject::{Private, Subject};
use holdfast_protocol::wire::Wired;
use zeroize::Zeroizing;

use super::{Place, idle, unexpected};
use crate::admin::{self, Ask, Told};
use crate::error::HubError;
use crate::subjects::desk::{
    ErasedTold, MergedTold, Person, SubjectAsk, SubjectTold, VaultAfter, carry_out_idle,
};

#[derive(Debug, Subcommand)]
pub(super) enum SubjectCommand {
    /// The ids of customers whose details are kept, newest first, and how many there are
    List {
        #[command(flatten)]
        place: Place,
        /// At most this many ids
        #[arg(long, default_value_t = 20)]
        limit: usize,
    },
    /// What is kept of one customer; for a manager
    Show {
        #[command(flatten)]
        place: Place,
        /// The customer's id
        #[arg(long)]
        subject: SubjectId,
        #[command(flatten)]
        manager: Manager,
    },
    /// Destroy everything that is kept of one customer, for ever; for a manager
    Erase {
        #[command(flatten)]
        place: Place,
        /// The customer's id
        #[arg(long)]
        subject: SubjectId,
        /// Why
        #[arg(long)]
        reason: Reason,
        #[command(flatten)]
        manager: Manager,
    },
    /// Make one customer of two that are the same person; for a manager
    Merge {
        #[command(flatten)]
        place: Place,
        /// The id that goes: it stands for the other one from now on
        #[arg(long)]
        subject: SubjectId,
        /// The id that is kept
        #[arg(long)]
        into: SubjectId,
        #[command(flatten)]
        manager: Manager,
    },
    /// Everything that is kept of one customer and everything they bought, as JSON; for a manager
    Export {
        #[command(flatten)]
        place: Place,
        /// The customer's id
        #[arg(long)]
        subject: SubjectId,
        #[command(flatten)]
        manager: Manager,
        /// A new file that nobody else can read; without it the document is printed
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Let one customer buy at the prices of a group, or of none; for a manager
    Group {
        #[command(flatten)]
        place: Place,
        /// The customer's id
        #[arg(long)]
        subject: SubjectId,
        /// The group as price lists and promotions name it; without it the customer is in none any more
        #[arg(long)]
        group: Option<String>,
        #[command(flatten)]
        manager: Manager,
    },
}

/// Who asks.
#[derive(Debug, clap::Args)]
pub(super) struct Manager {
    /// The manager's staff number
    #[arg(long)]
    number: u32,
    /// Read the manager's PIN from the standard input
    #[arg(long, required = true)]
    pin_stdin: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Reason {
    /// The person asked for it
    CustomerRequest,
    /// The person took their consent back
    ConsentWithdrawn,
    /// The time is over for which the details may be kept
    RetentionEnded,
    /// Registered twice, or by mistake
    EnteredByMistake,
}

impl From<Reason> for ErasureReason {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::CustomerRequest => Self::CustomerRequest,
            Reason::ConsentWithdrawn => Self::ConsentWithdrawn,
            Reason::RetentionEnded => Self::RetentionEnded,
            Reason::EnteredByMistake => Self::EnteredByMistake,
        }
    }
}

impl Manager {
    fn person(&self) -> Result<Person, HubError> {
        let mut typed = Zeroizing::new(String::new());
        let read = std::io::stdin().take(1_024).read_to_string(&mut typed);
        read.map_err(HubError::file("read", "the standard input"))?;
        Ok(Person { number: self.number, pin: Zeroizing::new(typed.trim().to_owned()) })
    }
}

pub(super) async fn run(command: SubjectCommand) -> Result<(), HubError> {
    let mut to = None;
    let (place, ask) = match command {
        SubjectCommand::List { place, limit } => (place, SubjectAsk::List { limit }),
        SubjectCommand::Show { place, subject, manager } => {
            (place, SubjectAsk::Show { subject: Wired(subject), person: manager.person()? })
        }
        SubjectCommand::Erase { place, subject, reason, manager } => {
            let (subject, reason) = (Wired(subject), Wired(reason.into()));
            (place, SubjectAsk::Erase { subject, reason, person: manager.person()? })
        }
        SubjectCommand::Merge { place, subject, into, manager } => {
            let (subject, into) = (Wired(subject), Wired(into));
            (place, SubjectAsk::Merge { subject, into, person: manager.person()? })
        }
        SubjectCommand::Export { place, subject, manager, out } => {
            to = out;
            (place, SubjectAsk::Export { subject: Wired(subject), person: manager.person()? })
        }
        SubjectCommand::Group { place, subject, group, manager } => {
            let group = group.map(|group| admin::price_group(&group).map(Wired)).transpose()?;
            (place, SubjectAsk::Group { subject: Wired(subject), group, person: manager.person()? })
        }
    };
    let told = match idle(&place)? {
        Some(mut console) => {
            let told = carry_out_idle(&place.folder(), &mut console, ask);
            console.close()?;
            told?
        }
        None => match admin::ask(&place.folder(), &Ask::Subject(ask), &[]).await? {
            Told::Subject(told) => told,
            other => return Err(unexpected(other)),
        },
    };
    match (&told, to) {
        (SubjectTold::Exported { document }, Some(to)) => {
            write_new(&to, &pretty(document))?;
            println!("everything that is kept of the customer is in {}", to.display());
            println!("it names a person: hand it to them, and destroy your own copy");
        }
        _ => print!("{}", text(&told, &place.data)),
    }
    Ok(())
}

fn pretty(document: &serde_json::Value) -> Zeroizing<String> {
    let text = serde_json::to_string_pretty(document).expect("JSON has a text");
    Zeroizing::new(text + "\n")
}

/// Writes a file of the owner's own where there was none.
fn write_new(path: &Path, text: &str) -> Result<(), HubError> {
    let written = OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()));
    written.map_err(HubError::file("write the new file", path))
}

fn text(told: &SubjectTold, data: &Path) -> String {
    match told {
        SubjectTold::Listed { count, erased, newest } => {
            let mut lines = match count {
                0 => "no customer's details are kept".to_owned(),
                1 => "one customer's details are kept".to_owned(),
                count => format!("{count} customers' details are kept"),
            };
            match erased {
                0 => lines.push_str(", nobody was erased\n"),
                1 => lines.push_str(", one was erased\n"),
                erased => lines.push_str(&format!(", {erased} were erased\n")),
            }
            newest.iter().for_each(|subject| lines.push_str(&format!("  {}\n", subject.0)));
            if newest.len() < *count {
                lines.push_str(&format!("  and {} before them (--limit shows more)\n", count - newest.len()));
            }
            lines
        }
        SubjectTold::Shown { subject } => shown(subject),
        SubjectTold::Erased(told) => erased(told, data),
        SubjectTold::Merged(told) => merged(told, data),
        SubjectTold::Exported { document } => pretty(document).to_string(),
        SubjectTold::Grouped { subject, group: Some(group) } => {
            format!("customer {} buys at the prices of {}\n", subject.0, group.0)
        }
        SubjectTold::Grouped { subject, group: None } => {
            format!("customer {} is in no price group\n", subject.0)
        }
    }
}

fn shown(known: &Subject) -> String {
    let mut lines = format!("customer {}\n", known.subject);
    let details = &known.details;
    for (what, text) in details.texts() {
        let text = text.map_or("-", Private::reveal).replace('\n', "\n          ");
        lines.push_str(&format!("  {what:<8}{text}\n"));
    }
    for (purpose, at) in details.consents.iter() {
        lines.push_str(&format!("  agreed  to {purpose} {}\n", minute(at)));
    }
    lines.push_str(&format!("  changed {}\n", minute(known.changed_at)));
    lines
}

fn minute(at: Timestamp) -> impl std::fmt::Display {
    let instant = jiff::Timestamp::from_millisecond(at.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    instant.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

fn merged(told: &MergedTold, data: &Path) -> String {
    let MergedTold { subject, into, record_seq, taken, keys, sealed_bytes, vault } = told;
    let (subject, into) = (subject.0, into.0);
    let mut lines = match record_seq {
        Some(_) => format!("customer {subject} is {into} from now on\n"),
        None => format!("customer {subject} was merged into {into} before\n"),
    };
    let mut line = |place: &str, text: &str| lines.push_str(&format!("  {place:<9}{text}\n"));
    match &taken[..] {
        [] => line("taken", "nothing: what is kept of the customer stands as it was"),
        taken => line("taken", &format!("{}; everything else stands as it was", taken.join(", "))),
    }
    line("consents", "those of the customer who is kept; ask the person for any other");
    destroyed_here(&mut line, data, *keys, *sealed_bytes);
    match record_seq {
        Some(seq) => line(
            "journal",
            &format!("record {seq} says that it happened, when and who decided it; nothing of the person"),
        ),
        None => line("journal", "an earlier record says so; no other one was written"),
    }
    at_headquarters(&mut line, *vault);
    lines
}

fn destroyed_here(line: &mut impl FnMut(&str, &str), data: &Path, keys: usize, sealed_bytes: usize) {
    let files = data.join("subjects");
    match (keys, sealed_bytes) {
        (0, 0) => line("here", &format!("nothing was left to destroy in {}", files.display())),
        (0, bytes) => line(
            "here",
            &format!("{bytes} bytes of sealed details without a key are destroyed in {}", files.display()),
        ),
        (_, bytes) => line(
            "here",
            &format!(
                "the key and {bytes} bytes of sealed details are destroyed and overwritten in {}",
                files.display()
            ),
        ),
    }
}

fn erased(told: &ErasedTold, data: &Path) -> String {
    let ErasedTold { subject, record_seq, keys, sealed_bytes, vault } = told;
    let mut lines = match record_seq {
        Some(_) => format!("customer {} is erased\n", subject.0),
        None => format!("customer {} was erased before\n", subject.0),
    };
    let mut line = |place: &str, text: &str| lines.push_str(&format!("  {place:<9}{text}\n"));
    destroyed_here(&mut line, data, *keys, *sealed_bytes);
    match record_seq {
        Some(seq) => line(
            "journal",
            &format!(
                "record {seq} says that it happened, when, why and who decided it; nothing of the person"
            ),
        ),
        None => line("journal", "an earlier record says so; no other one was written"),
    }
    at_headquarters(&mut line, *vault);
    line("backups", "no backup holds a key: what older ones hold of this customer cannot be read by anybody");
    lines
}

fn at_headquarters(line: &mut impl FnMut(&str, &str), vault: VaultAfter) {
    match vault {
        VaultAfter::Replaced => {
            line("HQ", "the vault is replaced; the one it has now holds neither the key nor the details")
        }
        VaultAfter::Waiting => line(
            "HQ",
            "WAITING: the vault there is not replaced yet and still holds the sealed key; the hub replaces it as soon as it \
             serves and HQ can be reached, and `holdfast-hub status` says when",
        ),
        VaultAfter::Held => line(
            "HQ",
            "WAITING: the vault there was never opened by this hub, so it is not replaced and may hold the sealed key; \
             `holdfast-hub recovery rejoin` or `new-code` ends that",
        ),
        VaultAfter::None => line("HQ", "there is no recovery code, so HQ has no vault of this hub"),
    }
}

#[cfg(test)]
mod tests {
    use holdfast_domain::ids::Uuid;
    use holdfast_protocol::subject::{Details, Purpose};

    use super::*;

    fn subject() -> SubjectId {
        SubjectId(Uuid::from_u128(7))
    }

    fn erased_text(record_seq: Option<u64>, keys: usize, sealed_bytes: usize, vault: VaultAfter) -> String {
        let told = ErasedTold { subject: Wired(subject()), record_seq, keys, sealed_bytes, vault };
        text(&SubjectTold::Erased(told), Path::new("/data"))
    }

    #[test]
    fn an_erasure_says_what_is_destroyed_where_and_what_waits() {
        let done = erased_text(Some(12), 1, 90, VaultAfter::Replaced);
        assert!(done.starts_with("customer 00000000-0000-0000-0000-000000000007 is erased\n"), "{done}");
        assert!(done.contains("90 bytes of sealed details are destroyed and overwritten in /data/subjects"));
        assert!(done.contains("record 12") && done.contains("HQ       the vault is replaced"));
        assert!(!done.contains("WAITING"));
        assert!(erased_text(Some(12), 1, 90, VaultAfter::Waiting).contains("HQ       WAITING"));
        let again = erased_text(None, 0, 0, VaultAfter::Replaced);
        assert!(again.contains("was erased before") && again.contains("nothing was left to destroy"));
    }

    #[test]
    fn a_list_counts_and_a_customer_is_shown_line_by_line() {
        let newest = vec![Wired(subject())];
        let list = text(&SubjectTold::Listed { count: 3, erased: 1, newest }, Path::new("/data"));
        assert_eq!(
            list,
            "3 customers' details are kept, one was erased\n  00000000-0000-0000-0000-000000000007\n  \
             and 2 before them (--limit shows more)\n"
        );
        let details = Details {
            name: Some(Private::new("Ada")),
            notes: Some(Private::new("a\nb")),
            card: Some(Private::new("C 1")),
            consents: [(Purpose::Loyalty, Timestamp(60_000))].into_iter().collect(),
            ..Details::default()
        };
        let known = Subject { subject: subject(), changed_at: Timestamp(0), details };
        let shown = text(&SubjectTold::Shown { subject: known }, Path::new("/data"));
        assert_eq!(
            shown,
            "customer 00000000-0000-0000-0000-000000000007\n  name    Ada\n  e-mail  -\n  phone   -\n  card    C 1\n  \
             tax id  -\n  notes   a\n          b\n  agreed  to loyalty 1970-01-01 00:01 UTC\n  \
             changed 1970-01-01 00:00 UTC\n"
        );
    }
    #[test]
    fn a_merge_says_what_was_taken_and_what_became_of_the_rest() {
        let told = |taken: &[&str], record_seq| {
            let (subject, into) = (Wired(subject()), Wired(SubjectId(Uuid::from_u128(8))));
            let taken = taken.iter().map(|what| (*what).to_owned()).collect();
            let (keys, sealed_bytes, vault) = (1, 90, VaultAfter::Replaced);
            let told = MergedTold { subject, into, record_seq, taken, keys, sealed_bytes, vault };
            text(&SubjectTold::Merged(told), Path::new("/data"))
        };
        let done = told(&["phone", "card"], Some(12));
        assert!(done.starts_with(
            "customer 00000000-0000-0000-0000-000000000007 is 00000000-0000-0000-0000-000000000008 from now on\n"
        ));
        assert!(
            done.contains("taken    phone, card; everything else") && done.contains("record 12"),
            "{done}"
        );
        assert!(done.contains("90 bytes of sealed details are destroyed and overwritten in /data/subjects"));
        assert!(done.contains("HQ       the vault is replaced"));
        let again = told(&[], None);
        assert!(again.contains("before") && again.contains("taken    nothing"), "{again}");
    }

    #[test]
    fn a_document_is_written_for_its_owner_alone_and_over_nothing() {
        use std::os::unix::fs::PermissionsExt as _;
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("customer.json");
        write_new(&path, "{}\n").unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(matches!(write_new(&path, "other"), Err(HubError::File { .. })));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "{}\n");
    }
}
