//! A disk that runs full under a selling hub: new orders wait before anything is lost, what is open can be paid, and when
//! room comes back the shop sells again by itself.

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use anyhow::{Context, Result, ensure};
use holdfast_domain::bounded::Sku;
use holdfast_domain::catalog::ItemRef;
use holdfast_domain::command::{Action, Settlement};
use holdfast_domain::ids::{OrderId, ShiftId};
use holdfast_domain::line::{LineInput, LineNumber};
use holdfast_domain::order::{Channel, PlaceOrder};
use holdfast_domain::receipt::ReceiptSource;
use holdfast_domain::shift::{BusinessDay, Mode};
use holdfast_domain::staff::StaffNumber;
use holdfast_domain::tender::TenderInput;
use holdfast_money::{Currency, Money, Quantity};
use holdfast_protocol::message::{Answer, Pin, Reply};
use holdfast_terminal::client::{Pace, Till};
use holdfast_terminal::identity::Folder;
use holdfast_testkit::http::Server;
use holdfast_testkit::proof::Proof;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::audit::{Place, Told, agree, kept};
use crate::shop::{CATALOG, Chain, PIN, SOON, until};
use crate::tills::{SEGMENT_MIB, asked_for};

/// Fills of a usual run; `HOLDFAST_FILLS` asks for more.
const FILLS: u64 = 5;
/// The whole disk, and where on it sales stop: what is left then takes a segment and the ballast.
const DISK_MIB: u64 = 192;
const REFUSE_MIB: u64 = 48;
const WARN_MIB: &str = "64";
const BALLAST_MIB: &str = "20";
/// Orders that are open when the disk is full.
const OPEN_ORDERS: usize = 3;

/// A file system in memory, taken down again when the test ends, however it ends.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: &Path) -> Result<Self> {
        std::fs::create_dir_all(at)?;
        // An installer is not let down by a small disk later: provisioning asks for a large one.
        Self::mount_program(&["-t", "tmpfs", "-o", "size=4096m,mode=0700", "holdfast-test"], at)?;
        Ok(Self(at.to_path_buf()))
    }

    /// From now on the disk is small.
    fn shrink(&self) -> Result<()> {
        Self::mount_program(&["-o", &format!("remount,size={DISK_MIB}m")], &self.0)
    }

    fn mount_program(arguments: &[&str], at: &Path) -> Result<()> {
        let mounted = std::process::Command::new("mount")
            .args(arguments)
            .arg(at)
            .output()
            .context("HF-DEMO-006: the program `mount` is missing (Debian: package mount)")?;
        ensure!(
            mounted.status.success(),
            "this proof mounts a small file system and must be root with CAP_SYS_ADMIN for that: {}",
            String::from_utf8_lossy(&mounted.stderr)
        );
        Ok(())
    }

    fn filler(&self) -> PathBuf {
        self.0.join("something-else")
    }

    fn free_mib(&self) -> Result<u64> {
        let output = std::process::Command::new("df").args(["--output=avail", "-m"]).arg(&self.0).output()?;
        let text = String::from_utf8(output.stdout)?;
        Ok(text.lines().nth(1).context("df prints a figure")?.trim().parse()?)
    }

    /// Something else on the disk takes all but so much, or all there is.
    fn fill(&self, leave_mib: u64) -> Result<()> {
        use std::io::Write as _;
        let take = self.free_mib()?.saturating_sub(leave_mib) + u64::from(leave_mib == 0);
        let mut file = std::fs::File::options().create(true).append(true).open(self.filler())?;
        let block = vec![1_u8; 1 << 20];
        for _ in 0..take {
            // A disk that is full earlier is full.
            if file.write_all(&block).is_err() {
                break;
            }
        }
        Ok(())
    }

    fn empty(&self) -> Result<()> {
        std::fs::remove_file(self.filler()).context("what filled the disk")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _gone = std::process::Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// A till under the test's own hand, and what it was told.
struct Desk {
    till: Till,
    told: Told,
}

impl Desk {
    async fn open(folder: &Path) -> Result<Self> {
        let (till, _) = Till::open(&Folder::new(folder), Pace::default()).await?;
        till.ready(SOON).await?;
        let mut desk = Self { till, told: Told::new() };
        let signed_on =
            desk.till.sign_on(StaffNumber(crate::shop::STAFF.parse()?), Pin(PIN.to_owned())).await?;
        desk.note(signed_on)?;
        let shift = ShiftId(desk.till.mint()?);
        let float = Money::from_minor(10_000, Currency::GBP);
        let open = Action::OpenShift { shift, float, day: BusinessDay::Today, mode: Mode::Live };
        desk.say(open).await?;
        Ok(desk)
    }

    fn note(&mut self, reply: Reply) -> Result<()> {
        let Answer::Accepted { position, .. } = reply.answer else { anyhow::bail!("{reply:?}") };
        let hash = position.hash.iter().map(|byte| format!("{byte:02x}")).collect();
        let place = Place { epoch: position.epoch.to_string(), seq: position.seq, hash, accepted: true };
        ensure!(self.told.insert(reply.id.to_string(), place).is_none(), "{} was told twice", reply.id);
        Ok(())
    }

    /// Something that the hub must do now.
    async fn say(&mut self, action: Action) -> Result<()> {
        let reply =
            tokio::time::timeout(SOON, self.till.send(action)).await.context("an answer in time")??;
        self.note(reply)
    }

    fn order(&self) -> Result<(OrderId, Action)> {
        let order = OrderId(self.till.mint()?);
        let line = LineInput::of(LineNumber(1), ItemRef::Sku(Sku::new("SOAP")?), Quantity::pieces(1));
        let place = PlaceOrder::of(order, Channel::Counter, vec![line]);
        Ok((order, Action::PlaceOrder(place)))
    }

    fn pay(order: OrderId) -> Action {
        let tenders = vec![TenderInput::cash(Money::from_minor(249, Currency::GBP))];
        Action::Pay {
            order,
            tenders,
            tips: Vec::new(),
            settlement: Settlement::Full,
            receipt: ReceiptSource::Hub,
        }
    }

    async fn sell(&mut self) -> Result<()> {
        let (order, place) = self.order()?;
        self.say(place).await?;
        self.say(Self::pay(order)).await
    }

    /// Something that the hub may let wait.
    fn ask(&self, action: Action) -> Asked {
        let till = self.till.clone();
        tokio::spawn(async move { till.send(action).await })
    }

    /// Waits until a till that asks for something new was told to come back later.
    async fn is_told_to_wait(&self, asked: &Asked) -> Result<()> {
        let counters = self.till.counters();
        let before = counters.retry_answers.load(Ordering::Relaxed);
        until("the till is told to come back", async || {
            ensure!(!asked.is_finished(), "a new order was answered on a full disk");
            Ok(counters.retry_answers.load(Ordering::Relaxed) > before)
        })
        .await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_stops_new_sales_before_anything_is_lost_and_nothing_else() -> Result<()> {
    let _alone = crate::alone().await;
    let proof = Proof::of("R10", "a disk that runs full under the real hub");
    let fills = asked_for("HOLDFAST_FILLS", FILLS);
    let mut chain = Chain::start().await?;
    for (key, value) in [
        ("HOLDFAST_HUB_JOURNAL__SEGMENT_MIB", SEGMENT_MIB),
        ("HOLDFAST_HUB_DISK__WARN_MIB", WARN_MIB),
        ("HOLDFAST_HUB_DISK__REFUSE_MIB", &REFUSE_MIB.to_string()),
        ("HOLDFAST_HUB_DISK__BALLAST_MIB", BALLAST_MIB),
    ] {
        chain.programs.set(key, value);
    }
    let disk = SmallDisk::mount(&chain.folder.path().join("corner").join("hub"))?;
    let mut shop = chain.open_shop("corner", CATALOG, 3).await?;
    disk.shrink()?;
    let (mut seller, mut newcomer) = (Desk::open(&shop.tills[0]).await?, Desk::open(&shop.tills[1]).await?);
    let mut busy = Desk::open(&shop.tills[2]).await?;
    let (mut paid, mut waited, mut from_inside) = (0, 0, 0);
    for fill in 1..=fills {
        let named = || format!("fill {fill}");
        let mut open = Vec::new();
        for _ in 0..OPEN_ORDERS {
            let (order, place) = seller.order()?;
            seller.say(place).await.with_context(named)?;
            open.push(order);
        }
        // From outside at once, to the last byte every other time; or nearly, and the shop's own sales do the rest.
        let mut busy_waits = None;
        if fill % 3 == 0 {
            disk.fill(REFUSE_MIB + 1)?;
            busy_waits = sell_until_short(&shop.page, &mut busy).await.with_context(named)?;
            from_inside += 1;
        } else {
            disk.fill(if fill % 2 == 0 { 0 } else { REFUSE_MIB / 2 })?;
        }
        until("the hub sees that its disk is short", async || is_short(&shop.page).await).await?;
        let (order, place) = newcomer.order()?;
        let asked = newcomer.ask(place);
        newcomer.is_told_to_wait(&asked).await.with_context(named)?;
        waited += 1;
        for order in open {
            seller
                .say(Desk::pay(order))
                .await
                .with_context(|| format!("{}: an open order is paid", named()))?;
            paid += 1;
        }
        ensure!(!asked.is_finished(), "a new order was taken on a full disk");
        shop.hub.still_runs()?;
        disk.empty()?;
        let reply =
            tokio::time::timeout(SOON, asked).await.context("the shop sells again by itself")???;
        newcomer.note(reply)?;
        newcomer.say(Desk::pay(order)).await?;
        if let Some((order, asked)) = busy_waits {
            busy.note(tokio::time::timeout(SOON, asked).await???)?;
            busy.say(Desk::pay(order)).await?;
        }
        seller.sell().await.with_context(|| format!("{}: the shop sells again", named()))?;
        until("there is room again", async || Ok(!is_short(&shop.page).await?)).await?;
    }
    shop.hub.kill_now().await?;
    chain.restart(&mut shop).await?;
    seller.sell().await.context("a sale after the restart")?;
    let data = shop.data.clone();
    let mut told = seller.told;
    told.append(&mut newcomer.told);
    told.append(&mut busy.told);
    seller.till.close().await?;
    newcomer.till.close().await?;
    busy.till.close().await?;
    chain.drained(&shop).await?;
    shop.hub.stop().await?;
    let acknowledged = agree(&told, &kept(&data)?)?;
    chain.end([]).await?;
    drop(disk);
    proof
        .counted(fills, "fills")
        .counted(from_inside, "of them by the shop's own sales")
        .counted(waited, "new orders that waited and were taken when there was room")
        .counted(paid, "open orders paid on a full disk")
        .counted(acknowledged, "acknowledged commands, each once in the journal")
        .holds();
    Ok(())
}

type Asked = JoinHandle<Result<Reply, holdfast_terminal::TillError>>;

/// The shop's own sales take the rest of the room. Gives back the order that has to wait then, if one does.
async fn sell_until_short(page: &Server, busy: &mut Desk) -> Result<Option<(OrderId, Asked)>> {
    let end = Instant::now() + SOON;
    loop {
        ensure!(Instant::now() < end, "the disk never became short");
        let (order, place) = busy.order()?;
        let asked = busy.ask(place);
        while !asked.is_finished() {
            if is_short(page).await? {
                return Ok(Some((order, asked)));
            }
        }
        busy.note(asked.await??)?;
        busy.say(Desk::pay(order)).await?;
        if is_short(page).await? {
            return Ok(None);
        }
    }
}

/// What the hub's own page says of its disk.
pub async fn is_short(page: &Server) -> Result<bool> {
    let status = page.json("/api/v1/status").await?;
    let level = status["actors"]["space"]["level"].as_str().context("the status names the disk's level")?;
    Ok(level == "short")
}
