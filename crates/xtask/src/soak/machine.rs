//! A small virtual machine whose only lasting thing is the disk it is given: Debian's kernel, busybox, the hub.
//!
//! Debian's packages are taken apart, not installed: the kernel image and its modules go into a folder under `target`.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

/// The programs that the rig calls and the Debian package that has each.
const NEEDED: [(&str, &str); 5] = [
    ("qemu-system-x86_64", "qemu-system-x86"),
    ("busybox", "busybox-static"),
    ("mkfs.ext4", "e2fsprogs"),
    ("debugfs", "e2fsprogs"),
    ("dpkg-deb", "dpkg"),
];
/// Drivers of the machine's disk and network, in the order of their dependencies.
const MODULES: [&str; 10] = [
    "drivers/virtio/virtio_anchor",
    "drivers/virtio/virtio_ring",
    "drivers/virtio/virtio",
    "drivers/virtio/virtio_pci_legacy_dev",
    "drivers/virtio/virtio_pci_modern_dev",
    "drivers/virtio/virtio_pci",
    "drivers/block/virtio_blk",
    "net/core/failover",
    "drivers/net/net_failover",
    "drivers/net/virtio_net",
];

/// What a machine boots from.
#[derive(Debug)]
pub struct Image {
    kernel: PathBuf,
    initramfs: PathBuf,
}

/// Where the hub in the machine listens; the host listens on the same ports of its loopback.
#[derive(Debug, Clone, Copy)]
pub struct Ports {
    pub mqtt: u16,
    pub https: u16,
}

impl Image {
    /// Makes the image in `folder` from Debian's cloud kernel and this hub.
    ///
    /// # Errors
    /// When a package is missing or cannot be fetched; the message names it.
    pub fn make(folder: &Path, hub: &Path, ports: Ports) -> Result<Self> {
        for (program, package) in NEEDED {
            let path = std::env::var_os("PATH").unwrap_or_default();
            let found = std::env::split_paths(&path).any(|folder| folder.join(program).is_file());
            ensure!(found, "`{program}` is missing: apt-get install --no-install-recommends {package}");
        }
        fs::create_dir_all(folder)?;
        let debian = kernel_package(folder)?;
        let kernel = only(&debian.join("boot"), "vmlinuz-")?;
        let modules = only(&debian.join("lib/modules"), "")?.join("kernel");

        let root = folder.join("root");
        if root.exists() {
            fs::remove_dir_all(&root)?;
        }
        for name in ["bin", "dev", "proc", "sys", "data", "modules", "tmp"] {
            fs::create_dir_all(root.join(name))?;
        }
        fs::copy("/usr/bin/busybox", root.join("bin/busybox")).context("Debian's busybox-static")?;
        fs::copy(hub, root.join("bin/holdfast-hub")).with_context(|| format!("{}", hub.display()))?;
        for library in libraries(hub)? {
            let target = root.join(library.strip_prefix("/")?);
            fs::create_dir_all(target.parent().context("a library lies in a folder")?)?;
            fs::copy(&library, target)?;
        }
        let mut load = String::new();
        for module in MODULES {
            let name = Path::new(module).file_name().context("a name")?.to_string_lossy().into_owned();
            let file = modules.join(format!("{module}.ko"));
            // What a kernel has built in has no file.
            if file.exists() {
                fs::copy(&file, root.join("modules").join(format!("{name}.ko")))?;
                load.push_str(&format!("/bin/busybox insmod /modules/{name}.ko\n"));
            }
        }
        let init = root.join("init");
        fs::write(&init, script(&load, ports))?;
        run(Command::new("chmod").arg("755").arg(&init))?;
        let initramfs = folder.join("initramfs");
        pack(&root, &initramfs)?;
        Ok(Self { kernel, initramfs })
    }

    /// Gives the machine power. Its console goes to `log`.
    ///
    /// # Errors
    /// When QEMU cannot be started.
    pub fn boot(&self, disk: &Path, ports: Ports, log: &Path) -> Result<Machine> {
        let log = fs::File::options().create(true).append(true).open(log)?;
        let forward = |port: u16| format!(",hostfwd=tcp:127.0.0.1:{port}-:{port}");
        let child = Command::new("qemu-system-x86_64")
            .args([
                "-machine",
                "q35",
                "-cpu",
                "max",
                "-smp",
                "1",
                "-m",
                "768",
                "-nodefaults",
                "-display",
                "none",
            ])
            .args(["-no-reboot", "-serial", "stdio", "-append", "console=ttyS0 panic=-1 quiet loglevel=3"])
            .arg("-kernel")
            .arg(&self.kernel)
            .arg("-initrd")
            .arg(&self.initramfs)
            .args([
                "-drive",
                &format!(
                    "driver=nbd,server.type=unix,server.path={},if=virtio,cache=writeback",
                    disk.display()
                ),
            ])
            .args(["-netdev", &format!("user,id=lan{}{}", forward(ports.mqtt), forward(ports.https))])
            .args(["-device", "virtio-net-pci,netdev=lan"])
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("start QEMU")?;
        Ok(Machine { child })
    }
}

/// A running machine. Dropping it takes its power away.
#[derive(Debug)]
pub struct Machine {
    child: Child,
}

impl Machine {
    /// # Errors
    /// When the machine has ended by itself.
    pub fn still_runs(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => bail!("the machine ended by itself with {status}"),
        }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // It may have ended by itself; there is nothing left to do about it then.
        let _ended = self.child.kill();
        let _waited = self.child.wait();
    }
}

/// The folder with Debian's kernel package taken apart; fetched once.
fn kernel_package(folder: &Path) -> Result<PathBuf> {
    let taken_apart = folder.join("kernel");
    if taken_apart.join("boot").is_dir() {
        return Ok(taken_apart);
    }
    let depends = output(Command::new("apt-cache").args(["depends", "linux-image-cloud-amd64"]))?;
    let package = depends
        .lines()
        .find_map(|line| line.trim().strip_prefix("Depends: ").filter(|name| name.starts_with("linux-image")))
        .context("Debian's package linux-image-cloud-amd64 is not known here: apt-get update")?;
    run(Command::new("apt-get").args(["download", "-q", package]).current_dir(folder))?;
    let file = only(folder, "linux-image-")?;
    run(Command::new("dpkg-deb").arg("-x").arg(file).arg(&taken_apart))?;
    Ok(taken_apart)
}

/// The one entry of a folder with this beginning.
fn only(folder: &Path, beginning: &str) -> Result<PathBuf> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .with_context(|| format!("read {}", folder.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(beginning)))
        .collect();
    entries.sort();
    entries.pop().with_context(|| format!("{} has no {beginning}…", folder.display()))
}

/// The shared libraries of a program, as the dynamic linker names them.
fn libraries(program: &Path) -> Result<Vec<PathBuf>> {
    let listed = output(Command::new("ldd").arg(program))?;
    let paths = listed.split_whitespace().filter(|word| word.starts_with('/'));
    Ok(paths.map(PathBuf::from).collect())
}

fn script(load_modules: &str, ports: Ports) -> String {
    let Ports { mqtt, https } = ports;
    format!(
        "#!/bin/busybox sh\n\
         B=/bin/busybox\n\
         $B mount -t proc proc /proc\n$B mount -t sysfs sys /sys\n$B mount -t devtmpfs dev /dev\n$B mount -t tmpfs tmp /tmp\n\
         {load_modules}\
         $B ip link set lo up\n$B ip addr add 10.0.2.15/24 dev eth0\n$B ip link set eth0 up\n\
         $B mount -t ext4 /dev/vda /data || {{ echo the disk cannot be mounted; $B poweroff -f; }}\n\
         cd /data\n\
         export HOLDFAST_HUB_JOURNAL__SEGMENT_MIB=16 HOLDFAST_HUB_DISK__WARN_MIB=96 HOLDFAST_HUB_DISK__REFUSE_MIB=64 HOLDFAST_HUB_DISK__BALLAST_MIB=0\n\
         /bin/holdfast-hub serve --data /data/hub --mqtt 0.0.0.0:{mqtt} --https 0.0.0.0:{https} --http 127.0.0.1:0\n\
         echo the hub ended with $?\n\
         $B poweroff -f\n"
    )
}

/// Packs a folder as the kernel unpacks it at boot.
fn pack(root: &Path, to: &Path) -> Result<()> {
    let mut names = Vec::new();
    let mut waiting = vec![root.to_path_buf()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            names.push(path.strip_prefix(root)?.to_string_lossy().into_owned());
            if path.is_dir() {
                waiting.push(path);
            }
        }
    }
    names.sort();
    let mut archive = Command::new("busybox")
        .args(["cpio", "-o", "-H", "newc"])
        .current_dir(root)
        .stdin(Stdio::piped())
        .stdout(fs::File::create(to)?)
        .stderr(Stdio::null())
        .spawn()
        .context("start busybox cpio")?;
    let mut input = archive.stdin.take().context("its input")?;
    input.write_all(names.join("\n").as_bytes())?;
    input.write_all(b"\n")?;
    drop(input);
    ensure!(archive.wait()?.success(), "the machine's files could not be packed");
    Ok(())
}

/// Makes a file system that holds a folder.
///
/// # Errors
/// mkfs's own words.
pub fn file_system(folder: &Path, image: &Path, mebibytes: u64) -> Result<Vec<u8>> {
    if image.exists() {
        fs::remove_file(image)?;
    }
    let size = format!("{mebibytes}M");
    run(Command::new("mkfs.ext4")
        .args(["-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", "-d"])
        .arg(folder)
        .arg(image)
        .arg(size))?;
    Ok(fs::read(image)?)
}

/// Takes a folder out of a file system that a power cut left behind.
///
/// # Errors
/// e2fsck's or debugfs's own words.
pub fn take_out(content: &[u8], image: &Path, from: &str, to: &Path) -> Result<()> {
    fs::write(image, content)?;
    // 1 means that it repaired something, as the journal of a file system is there for.
    let checked = Command::new("e2fsck").args(["-f", "-y"]).arg(image).output().context("start e2fsck")?;
    ensure!(
        matches!(checked.status.code(), Some(0 | 1)),
        "the file system is broken: {}",
        String::from_utf8_lossy(&checked.stdout)
    );
    fs::create_dir_all(to)?;
    run(Command::new("debugfs").arg("-R").arg(format!("rdump {from} {}", to.display())).arg(image))
}

fn run(command: &mut Command) -> Result<()> {
    output(command).map(drop)
}

fn output(command: &mut Command) -> Result<String> {
    let shown = format!("{command:?}");
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("start {shown}"))?;
    ensure!(
        output.status.success(),
        "{shown} ended with {}: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
