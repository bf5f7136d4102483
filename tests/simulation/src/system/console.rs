//! What happens at the hub's console, from what the run knows.

use holdfast_domain::amendment::AmendedCatalog;
use holdfast_domain::calendar::Timestamp;
use holdfast_domain::command::{HubCommand, NumberChoice};
use holdfast_domain::drawer::{DrawerMovement, OpeningCause};
use holdfast_domain::event::{CatalogSource, DocumentOutcome};
use holdfast_domain::ids::{StaffId, SubjectId, TerminalId, TransactionId, Uuid};
use holdfast_domain::receipt::TillNumber;
use holdfast_domain::staff::{Role, RoleNumber, StaffNumber};
use holdfast_domain::subject::{ErasureCause, ErasureReason};
use holdfast_store::StateStore as _;
use holdfast_terminal::dice::Dice;

use super::Run;
use crate::alphabet::HubMove;
use crate::shop;
use crate::world::terminal;

impl Run {
    pub(super) fn console(&mut self, doing: HubMove) {
        let spare = TerminalId(Uuid::from_u128(0x9000 + u128::from(self.dice.below(2))));
        let number = u32::try_from(self.dice.between(1, 4)).unwrap_or(1);
        let subject = somebody(&mut self.dice);
        let command = match doing {
            HubMove::Configure => {
                let minutes = u16::try_from(self.dice.below(300)).unwrap_or(0);
                HubCommand::ConfigureStore { profile: Box::new(shop::profile(minutes)) }
            }
            HubMove::ConfigureTenders => {
                HubCommand::ConfigureTenders { types: shop::tender_list(&mut self.dice) }
            }
            HubMove::ConfigureTaxes => HubCommand::ConfigureTaxes { table: Box::new(shop::taxes()) },
            HubMove::Activate => HubCommand::ActivateCatalog {
                content_hash: [4; 32],
                products: u32::try_from(shop::SKUS.len()).unwrap_or(0),
                source: CatalogSource::Headquarters,
            },
            HubMove::RegisterStaff => HubCommand::RegisterStaff {
                staff: StaffId(Uuid::from_u128(u128::from(number))),
                number: StaffNumber(number),
                role: match number {
                    1 => Role::Manager,
                    3 => Role::Own(RoleNumber(1)),
                    4 => Role::Supervisor,
                    _ => Role::Cashier,
                },
            },
            HubMove::Enrol => HubCommand::EnrolTerminal {
                terminal: spare,
                name: shop::label("Spare till"),
                secret_hash: [5; 32],
                number: NumberChoice::Next,
            },
            HubMove::Revoke => HubCommand::RevokeTerminal { terminal: spare },
            HubMove::StepClock => {
                let now = Timestamp(self.world.clock_ms());
                HubCommand::StepClock { before: now, after: now }
            }
            HubMove::Settle => {
                let transaction = self.world.model().sales.last().map(|sale| TransactionId(sale.transaction));
                let Some(transaction) = transaction else { return };
                HubCommand::SettleDocument { transaction, outcome: DocumentOutcome::Unknown }
            }
            HubMove::SenseDrawer => HubCommand::SenseDrawer {
                drawer: shop::label("counter"),
                till: self.dice.permille(500).then_some(TillNumber(1)),
                movement: match self.dice.below(3) {
                    0 => DrawerMovement::Opened { cause: OpeningCause::Asked },
                    1 => DrawerMovement::Opened { cause: OpeningCause::Unasked },
                    _ => DrawerMovement::Closed,
                },
            },
            HubMove::RegisterSubject => {
                let subject = if self.dice.permille(850) { shop::customer(0) } else { subject };
                let till = self.dice.below(2);
                HubCommand::RegisterSubject {
                    subject,
                    terminal: terminal(usize::try_from(till).unwrap_or(0)),
                }
            }
            HubMove::DefineRole => HubCommand::DefineRole { role: shop::helper(self.dice.permille(500)) },
            HubMove::ExpireReservations => {
                HubCommand::ExpireReservations { at: Timestamp(self.world.clock_ms()) }
            }
            HubMove::GroupSubject => {
                let group = self.dice.permille(700).then(shop::trade);
                HubCommand::GroupSubject { subject, group, staff: shop::manager() }
            }
            HubMove::MergeSubject => {
                // The first one stays who they are: they have the accounts.
                let subject = shop::customer(self.dice.between(1, 5));
                let into = somebody(&mut self.dice);
                // Two who are there are seldom met by chance.
                for subject in [subject, into] {
                    self.enter(HubCommand::RegisterSubject { subject, terminal: terminal(0) });
                }
                if self.dice.permille(500) {
                    let (group, staff) = (Some(shop::trade()), shop::manager());
                    self.enter(HubCommand::GroupSubject { subject, group, staff });
                }
                HubCommand::MergeSubject { subject, into, staff: shop::manager() }
            }
            HubMove::Amend => {
                let mut base = 0;
                if let Some(state) = &self.world.hub().state {
                    state.with_state(&mut |state| base = state.catalog_version);
                }
                // Now and then somebody else was quicker.
                let base = base - u64::from(base > 0 && self.dice.permille(200));
                let amended = AmendedCatalog { base, content_hash: [6; 32], products: 5 };
                let by = StaffId(Uuid::from_u128(u128::from(number)));
                HubCommand::AmendCatalog { by, change: shop::markdown(&mut self.dice), amended }
            }
            HubMove::AddStaff => HubCommand::AddStaff {
                by: shop::manager(),
                staff: StaffId(Uuid::from_u128(u128::from(10 + number))),
                number: StaffNumber(10 + number),
                role: Role::Cashier,
            },
            HubMove::EraseSubject => {
                let subject = shop::customer(self.dice.between(1, 5));
                let cause =
                    ErasureCause::Person { staff: shop::manager(), reason: ErasureReason::CustomerRequest };
                HubCommand::EraseSubject { subject, cause }
            }
        };
        self.enter(command);
    }
}

/// One of the few customers of the shop, known or not.
fn somebody(dice: &mut Dice) -> SubjectId {
    shop::customer(dice.below(6))
}
