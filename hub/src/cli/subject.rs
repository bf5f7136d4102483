//! `subject`: who is kept, what is known of one of them, and erasing them.

use std::io::Read as _;
use std::path::Path;

use clap::{Subcommand, ValueEnum};
use holdfast_domain::ids::SubjectId;
use holdfast_domain::subject::ErasureReason;
use holdfast_protocol::subject::{Private, Subject};
use holdfast_protocol::wire::Wired;
use zeroize::Zeroizing;

use super::{Place, idle, unexpected};
use crate::admin::{self, Ask, Told};
use crate::error::HubError;
use crate::subjects::desk::{ErasedTold, Person, SubjectAsk, SubjectTold, VaultAfter, carry_out_idle};

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
    let (place, ask) = match command {
        SubjectCommand::List { place, limit } => (place, SubjectAsk::List { limit }),
        SubjectCommand::Show { place, subject, manager } => {
            (place, SubjectAsk::Show { subject: Wired(subject), person: manager.person()? })
        }
        SubjectCommand::Erase { place, subject, reason, manager } => {
            let (subject, reason) = (Wired(subject), Wired(reason.into()));
            (place, SubjectAsk::Erase { subject, reason, person: manager.person()? })
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
    print!("{}", text(&told, &place.data));
    Ok(())
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
        SubjectTold::Grouped { subject, group: Some(group) } => {
            format!("customer {} buys at the prices of {}\n", subject.0, group.0)
        }
        SubjectTold::Grouped { subject, group: None } => {
            format!("customer {} is in no price group\n", subject.0)
        }
    }
}

fn shown(known: &Subject) -> String {
    let changed =
        jiff::Timestamp::from_millisecond(known.changed_at.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let mut lines = format!("customer {}\n", known.subject);
    let details = &known.details;
    for (what, text) in [
        ("name", &details.name),
        ("e-mail", &details.email),
        ("phone", &details.phone),
        ("notes", &details.notes),
    ] {
        let text = text.as_ref().map_or("-", Private::reveal).replace('\n', "\n          ");
        lines.push_str(&format!("  {what:<8}{text}\n"));
    }
    lines.push_str(&format!("  changed {}\n", changed.strftime("%Y-%m-%d %H:%M UTC")));
    lines
}

fn erased(told: &ErasedTold, data: &Path) -> String {
    let ErasedTold { subject, record_seq, keys, sealed_bytes, vault } = told;
    let mut lines = match record_seq {
        Some(_) => format!("customer {} is erased\n", subject.0),
        None => format!("customer {} was erased before\n", subject.0),
    };
    let mut line = |place: &str, text: &str| lines.push_str(&format!("  {place:<9}{text}\n"));
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
    match record_seq {
        Some(seq) => line(
            "journal",
            &format!(
                "record {seq} says that it happened, when, why and who decided it; nothing of the person"
            ),
        ),
        None => line("journal", "an earlier record says so; no other one was written"),
    }
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
    line("backups", "no backup holds a key: what older ones hold of this customer cannot be read by anybody");
    lines
}

#[cfg(test)]
mod tests {
    use holdfast_domain::calendar::Timestamp;
    use holdfast_domain::ids::Uuid;
    use holdfast_protocol::subject::Details;

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
            ..Details::default()
        };
        let known = Subject { subject: subject(), changed_at: Timestamp(0), details };
        let shown = text(&SubjectTold::Shown { subject: known }, Path::new("/data"));
        assert_eq!(
            shown,
            "customer 00000000-0000-0000-0000-000000000007\n  name    Ada\n  e-mail  -\n  phone   -\n  notes   a\n          b\n  \
             changed 1970-01-01 00:00 UTC\n"
        );
    }
}
