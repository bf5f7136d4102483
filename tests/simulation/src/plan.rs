//! What a seed makes of a run: how many tills, which weather, which kinds of trouble, and which move comes next. Every
//! seed leaves out some kinds of trouble, so that the others get room.

use holdfast_devices::payment::ErrorCondition;
use holdfast_devices::simulated::poi::{Mishap, Moment, Will};
use holdfast_terminal::dice::Dice;
use serde::{Deserialize, Serialize};

use crate::alphabet::{Fate, HubMove, Move, TerminalTrouble, TillMove, WorldMove};
use crate::world::TERMINALS;

/// What a run is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// Any trouble.
    Any,
    /// One till, one hub, no trouble.
    Calm,
    /// Every request arrives one to five times, and the whole day once more.
    Flood,
    /// The clock jumps again and again.
    Clocks,
    /// Disks are lost and machines rebuilt.
    Disasters,
    /// Disks are copied and put back.
    Clones,
}

#[derive(Debug)]
pub struct Plan {
    pub tills: usize,
    pub moves: u64,
    pub pause_ticks: u64,
    pub latency_max_ms: u64,
    pub lost: u64,
    pub doubled: u64,
    pub copies_max: u64,
    /// How many requests of one till may be open.
    pub open_max: usize,
    pub replay_the_day: bool,
    troubles: Vec<Trouble>,
    trouble_permille: u64,
    console_permille: u64,
    misuse: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    Kill,
    Power,
    HubDisk,
    State,
    TillCrash,
    TillPower,
    TillDisk,
    Partition,
    Wan,
    Headquarters,
    GoesBack,
    Clock,
    Destroy,
    RollBack,
    Terminal,
}

/// Terminals twice: what goes wrong there matters only while one is at a payment.
const TROUBLES: [Trouble; 16] = [
    Trouble::Kill,
    Trouble::Power,
    Trouble::HubDisk,
    Trouble::State,
    Trouble::TillCrash,
    Trouble::TillPower,
    Trouble::TillDisk,
    Trouble::Partition,
    Trouble::Wan,
    Trouble::Headquarters,
    Trouble::GoesBack,
    Trouble::Clock,
    Trouble::Destroy,
    Trouble::RollBack,
    Trouble::Terminal,
    Trouble::Terminal,
];

impl Plan {
    pub fn of(profile: Profile, dice: &mut Dice) -> Self {
        let mut plan = Self {
            tills: usize::try_from(dice.between(2, 4)).unwrap_or(3),
            moves: dice.between(40, 110),
            pause_ticks: dice.between(4, 24),
            latency_max_ms: dice.between(20, 160),
            lost: if dice.permille(500) { dice.below(250) } else { 0 },
            doubled: if dice.permille(600) { dice.below(500) } else { 0 },
            copies_max: 3,
            open_max: 4,
            replay_the_day: dice.permille(60),
            troubles: TROUBLES.into_iter().filter(|_| dice.permille(450)).collect(),
            trouble_permille: dice.between(80, 320),
            console_permille: 60,
            misuse: false,
        };
        match profile {
            Profile::Any | Profile::Clones => {}
            Profile::Calm => {
                (plan.tills, plan.lost, plan.doubled, plan.trouble_permille) = (1, 0, 0, 0);
                plan.troubles.clear();
            }
            Profile::Flood => {
                (plan.doubled, plan.copies_max, plan.open_max) = (1_000, 5, 12);
                (plan.moves, plan.replay_the_day) = (dice.between(100, 160), true);
                plan.troubles.retain(|trouble| matches!(trouble, Trouble::Kill | Trouble::State));
                plan.trouble_permille = 40;
            }
            Profile::Clocks => {
                plan.troubles = vec![Trouble::Clock, Trouble::Kill];
                plan.trouble_permille = 300;
            }
            Profile::Disasters => {
                plan.troubles =
                    vec![Trouble::Destroy, Trouble::TillCrash, Trouble::Wan, Trouble::Headquarters];
                plan.trouble_permille = 150;
            }
        }
        if profile == Profile::Clones {
            plan.troubles = vec![Trouble::RollBack, Trouble::Kill];
            plan.trouble_permille = 200;
        }
        // Whoever loses the hub's disk and HQ's at once has lost what neither has: no promise is made for that.
        if plan.troubles.contains(&Trouble::Destroy) {
            plan.troubles.retain(|trouble| !matches!(trouble, Trouble::GoesBack | Trouble::RollBack));
        }
        if plan.troubles.contains(&Trouble::RollBack) {
            plan.troubles.retain(|trouble| *trouble != Trouble::GoesBack);
        }
        // After a disk was lost the hub may not know the id yet that a rogue uses again.
        plan.misuse =
            !plan.troubles.contains(&Trouble::Destroy) && !plan.troubles.contains(&Trouble::RollBack);
        if plan.troubles.is_empty() {
            plan.trouble_permille = 0;
        }
        plan
    }

    /// The next move.
    pub fn next(&self, dice: &mut Dice) -> Move {
        if dice.permille(self.trouble_permille)
            && let Some(trouble) = dice.pick(&self.troubles).copied()
        {
            return Move::World(self.trouble(trouble, dice));
        }
        // Customers come all day.
        if dice.permille(100) {
            return Move::Hub(HubMove::RegisterSubject);
        }
        if dice.permille(self.console_permille) {
            return Move::Hub(console(dice));
        }
        let till = self.any_till(dice);
        Move::Till(till, self.wish(dice))
    }

    fn any_till(&self, dice: &mut Dice) -> usize {
        usize::try_from(dice.below(self.tills as u64)).unwrap_or(0)
    }

    fn wish(&self, dice: &mut Dice) -> TillMove {
        const WISHES: [(u64, TillMove); 45] = [
            (200, TillMove::PlaceOrder),
            (70, TillMove::PlaceScarce),
            (250, TillMove::Pay),
            (40, TillMove::Deposit),
            (50, TillMove::Cancel),
            (30, TillMove::Abandon),
            (40, TillMove::Fulfil),
            (60, TillMove::ReturnByReceipt),
            (20, TillMove::ReturnWithoutReceipt),
            (40, TillMove::PostVoid),
            (50, TillMove::AdjustStock),
            (30, TillMove::MoveCash),
            (10, TillMove::OpenDrawer),
            (10, TillMove::Lock),
            (50, TillMove::Count),
            (12, TillMove::ReorderLevel),
            (30, TillMove::ParkNew),
            (30, TillMove::Park),
            (50, TillMove::Retrieve),
            (25, TillMove::PrintCopy),
            (40, TillMove::Exchange),
            (60, TillMove::Edit),
            (20, TillMove::CloseDay),
            (20, TillMove::CorrectShift),
            (20, TillMove::MoveShift),
            (40, TillMove::IssueValue),
            (15, TillMove::VoidIssue),
            (10, TillMove::BlockValue),
            (20, TillMove::SetAccount),
            (30, TillMove::PayOff),
            (150, TillMove::StartTender),
            (25, TillMove::StartRefund),
            (12, TillMove::AbortTender),
            (25, TillMove::ResolveTender),
            (20, TillMove::GiveBackTender),
            (35, TillMove::Reconcile),
            (60, TillMove::SellAlone),
            (25, TillMove::Alias),
            (15, TillMove::SignOnAlone),
            (45, TillMove::CloseShift),
            (35, TillMove::OpenShift),
            (30, TillMove::SignOn),
            (10, TillMove::SignOff),
            (20, TillMove::Nonsense),
            (15, TillMove::Replay),
        ];
        if self.misuse && dice.permille(20) {
            return TillMove::ReuseId;
        }
        let all = WISHES.iter().map(|(weight, _)| weight).sum();
        let mut thrown = dice.below(all);
        for (weight, wish) in WISHES {
            if thrown < weight {
                return wish;
            }
            thrown -= weight;
        }
        TillMove::PlaceOrder
    }

    fn trouble(&self, trouble: Trouble, dice: &mut Dice) -> WorldMove {
        let till = self.any_till(dice);
        match trouble {
            Trouble::Kill => WorldMove::KillHub,
            Trouble::Power => WorldMove::CutPower(fate(dice)),
            Trouble::HubDisk => WorldMove::HubDiskFault {
                nth: dice.between(1, 12),
                sync: dice.permille(600),
                then_cut: dice.permille(500),
            },
            Trouble::State => WorldMove::StateFails,
            Trouble::TillCrash => WorldMove::CrashTill(till),
            Trouble::TillPower => WorldMove::CutTillPower(till, fate(dice)),
            Trouble::TillDisk => WorldMove::TillDiskFault(till, dice.between(1, 6)),
            Trouble::Partition => match dice.below(4) {
                0 => WorldMove::PartitionTill(till),
                1 => WorldMove::DeafTill(till),
                _ => WorldMove::Repair,
            },
            Trouble::Wan => match dice.below(4) {
                0 => WorldMove::PartitionHeadquarters,
                1 => WorldMove::SlowWan,
                _ => WorldMove::Repair,
            },
            Trouble::Headquarters => WorldMove::HeadquartersDown,
            Trouble::GoesBack => WorldMove::HeadquartersGoesBack,
            Trouble::Clock => clock(dice),
            Trouble::Destroy => WorldMove::DestroyHub,
            Trouble::Terminal => WorldMove::Terminal(
                usize::try_from(dice.below(TERMINALS as u64)).unwrap_or(0),
                at_terminal(dice),
            ),
            Trouble::RollBack if dice.permille(600) => WorldMove::CloneDisk,
            Trouble::RollBack => WorldMove::RollBack,
        }
    }
}

fn at_terminal(dice: &mut Dice) -> TerminalTrouble {
    match dice.below(14) {
        0..=2 => TerminalTrouble::Unplug,
        3 => TerminalTrouble::PlugIn,
        4..=8 => {
            let moment = *dice.pick(&Moment::ALL).unwrap_or(&Moment::AfterArrival);
            let mishap = *dice.pick(&Mishap::ALL).unwrap_or(&Mishap::LineBreaks);
            TerminalTrouble::Mishap(moment, mishap)
        }
        9 => TerminalTrouble::Will(Will::Decline(ErrorCondition::Refusal)),
        10 | 11 => TerminalTrouble::Will(Will::ApproveOffline),
        12 => TerminalTrouble::Will(Will::ApprovePart { minor: 100 }),
        _ => TerminalTrouble::Will(Will::Tip { minor: 50 }),
    }
}

fn fate(dice: &mut Dice) -> Fate {
    match dice.below(4) {
        0 => Fate::AllKept,
        1 => Fate::Mixed,
        _ => Fate::AllLost,
    }
}

/// From a second to ten years, both ways.
fn clock(dice: &mut Dice) -> WorldMove {
    const SECOND: u64 = 1_000;
    const DAY: u64 = 86_400 * SECOND;
    if dice.permille(80) {
        return WorldMove::BootIn1970;
    }
    let most = match dice.below(4) {
        0 => 3 * SECOND,
        1 => 3_600 * SECOND,
        2 => DAY,
        _ => 3_650 * DAY,
    };
    let by = i64::try_from(dice.between(1, most)).unwrap_or(0);
    WorldMove::StepClock(if dice.permille(500) { by } else { -by })
}

fn console(dice: &mut Dice) -> HubMove {
    match dice.below(23) {
        0 => HubMove::Configure,
        1 => HubMove::Activate,
        2 => HubMove::RegisterStaff,
        3 => HubMove::Enrol,
        4 => HubMove::Revoke,
        5 => HubMove::StepClock,
        6 => HubMove::Settle,
        7 => HubMove::RegisterSubject,
        8 => HubMove::DefineRole,
        9 => HubMove::ConfigureTenders,
        // Goods are to be sold after they were held in vain, now and then.
        10 | 14..=18 => HubMove::ExpireReservations,
        11 => HubMove::GroupSubject,
        12 => HubMove::ConfigureTaxes,
        13 => HubMove::MergeSubject,
        20 => HubMove::Amend,
        21 => HubMove::AddStaff,
        22 => HubMove::SenseDrawer,
        _ => HubMove::EraseSubject,
    }
}
