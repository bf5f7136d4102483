//! What is sealed for a recovery code, frozen: a code in a safe must open what was sealed years ago.

use holdfast_domain::ids::Uuid;
use holdfast_protocol::backup::{self, BackupError, Front, HubIdentity};
use holdfast_protocol::vault::{self, Authority, Person, Vault, VaultError};

use crate::golden::{folder, updating};

fn a_vault(subjects: Option<Vec<u8>>) -> Vault {
    Vault {
        store: Uuid::from_u128(0x11),
        made_at_ms: 1_800_000_000_123,
        authority: Authority { certificate: "CERT\n".into(), key: "KEY\n".into() },
        people: vec![Person {
            staff: Uuid::from_u128(0x22),
            number: 201,
            name: "Manager".into(),
            memory_kib: 19_456,
            passes: 2,
            salt: vec![1; 16],
            hash: vec![2; 32],
        }],
        catalog: Some(vec![1, 0]),
        subjects,
    }
}

fn a_front() -> Front {
    Front {
        store: Uuid::from_u128(0x11),
        made_at_ms: 1_800_000_000_456,
        software: "holdfast-hub 0.1.0".into(),
        hub: HubIdentity {
            hub: Uuid::from_u128(0x33),
            key: [7; 32],
            cloud: "https://hq.example".into(),
            name: "Corner".into(),
        },
        vault: a_vault(None),
    }
}

/// The front, and what stands for the export behind it.
fn a_backup() -> Vec<u8> {
    let mut bytes = Vec::new();
    backup::write_front(&mut bytes, &a_front()).unwrap();
    bytes.extend_from_slice(b"HFX1");
    bytes
}

fn read_front(mut bytes: &[u8]) -> Result<(Front, &[u8]), BackupError> {
    backup::read_front(&mut bytes).map(|front| (front, bytes))
}

#[test]
fn what_was_sealed_once_is_read_for_ever() {
    for (name, bytes) in [
        ("vault", vault::encode(&a_vault(Some(vec![5, 6])))),
        ("vault-without-subjects", vault::encode(&a_vault(None))),
        ("backup", a_backup()),
    ] {
        let path = folder("sealed").join(format!("{name}.bin"));
        if updating() {
            std::fs::create_dir_all(folder("sealed")).unwrap();
            std::fs::write(&path, &bytes).unwrap();
        }
        let golden = std::fs::read(&path).expect("golden files are committed");
        assert_eq!(bytes, golden, "{name} is written as it always was");
    }
    let golden = |name: &str| std::fs::read(folder("sealed").join(name)).unwrap();
    assert!(vault::decode(&golden("vault.bin")).unwrap() == a_vault(Some(vec![5, 6])));
    assert!(vault::decode(&golden("vault-without-subjects.bin")).unwrap() == a_vault(None));
    let backup = golden("backup.bin");
    let (front, rest) = read_front(&backup).unwrap();
    assert!(front == a_front());
    assert_eq!(rest, b"HFX1", "the export begins right behind the front");
}

#[test]
fn a_cut_or_lengthened_form_is_refused_at_every_byte() {
    let (whole, backup) = (vault::encode(&a_vault(None)), a_backup());
    for end in 0..whole.len() {
        assert!(vault::decode(&whole[..end]).is_err(), "a vault cut at {end}");
    }
    for end in 0..backup.len() - 4 {
        assert!(read_front(&backup[..end]).is_err(), "a backup's front cut at {end}");
    }
    assert!(matches!(vault::decode(&[whole, vec![0]].concat()), Err(VaultError::Malformed(_))));
    let mut longer = backup.clone();
    longer[5] += 4;
    assert!(matches!(read_front(&longer), Err(BackupError::Front(_))), "a front has nothing behind its end");
}

#[test]
fn another_version_is_named() {
    let (mut newer, mut backup) = (vault::encode(&a_vault(None)), a_backup());
    newer[4] = 2;
    backup[4] = 9;
    assert!(matches!(vault::decode(&newer), Err(VaultError::UnknownVersion { version: 2 })));
    assert!(matches!(read_front(&backup), Err(BackupError::UnknownVersion { version: 9 })));
    assert!(matches!(vault::decode(b"PK\x03\x04"), Err(VaultError::Unknown)));
    let shown = format!("{:?} {:?}", a_vault(None), a_front());
    assert!(!shown.contains("KEY") && !shown.contains("[7, 7"), "no secret is shown: {shown}");
}
