//! Where a device is: on the network, or at the other end of a pseudo terminal that plays a serial line.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use holdfast_devices::simulated::Plugged;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// This machine alone, on any free port.
pub const ANYWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// How long a cable may take.
const SETTLED_WITHIN: Duration = Duration::from_secs(2);

/// A device that can be on a network or on a serial line.
#[derive(Debug, Args)]
pub struct EitherPlace {
    /// Listen here. Port 0 is any free port; without an address only this machine reaches it
    #[arg(long, value_name = "ADDRESS", conflicts_with = "pty", default_value_t = ANYWHERE)]
    pub listen: SocketAddr,
    /// Be a serial line instead: a pseudo terminal behind this path, which stays the same when it is plugged in again
    #[arg(long, value_name = "PATH", num_args = 0..=1)]
    pub pty: Option<Option<PathBuf>>,
}

/// How a cable is pulled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pulling {
    /// The device hangs up by itself, when it has been told to.
    ByDevice,
    ByUs,
}

/// A serial line that is plugged in again whenever the device hung up.
#[derive(Debug)]
pub struct Cable {
    path: PathBuf,
    is_in: watch::Sender<bool>,
    /// Whether the path leads to the device now.
    leads: watch::Receiver<bool>,
    task: JoinHandle<io::Error>,
}

impl Cable {
    /// Plugs it in. Without a path it is a new one in the folder for temporary files.
    pub fn plug(
        path: Option<&Path>,
        name: &str,
        pulling: Pulling,
        plug: impl Fn(&Path) -> io::Result<Plugged> + Send + 'static,
    ) -> Result<Cable> {
        let path = match path {
            Some(path) => std::path::absolute(path).context("the path of the pseudo terminal")?,
            None => std::env::temp_dir().join(format!("holdfast-{name}-{}", std::process::id())),
        };
        if std::fs::symlink_metadata(&path).is_ok_and(|at| !at.is_symlink()) {
            bail!("{} is there already and is no link: name another path for --pty", path.display());
        }
        let first = plug(&path)
            .with_context(|| format!("no pseudo terminal can be plugged in at {}", path.display()))?;
        let (is_in, mut told) = watch::channel(true);
        let (now, leads) = watch::channel(true);
        let task = tokio::spawn({
            let path = path.clone();
            async move {
                let mut plugged = first;
                loop {
                    match pulling {
                        Pulling::ByDevice => plugged.hung_up().await,
                        Pulling::ByUs => tokio::select! {
                            () = plugged.hung_up() => {}
                            pulled = told.wait_for(|is_in| !is_in) => if pulled.is_err() {
                                return io::ErrorKind::BrokenPipe.into();
                            },
                        },
                    }
                    drop(plugged);
                    now.send_replace(false);
                    if told.wait_for(|is_in| *is_in).await.is_err() {
                        return io::ErrorKind::BrokenPipe.into();
                    }
                    plugged = match plug(&path) {
                        Ok(plugged) => plugged,
                        Err(error) => return error,
                    };
                    now.send_replace(true);
                }
            }
        });
        Ok(Cable { path, is_in, leads, task })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn set_in(&self, is_in: bool) {
        self.is_in.send_replace(is_in);
    }

    /// Waits until it is as it was set, so that whoever is told finds it so. A device that does not let go is waited for in vain.
    pub fn settle(&self) {
        let (wanted, mut leads) = (self.is_in(), self.leads.clone());
        let settled = async move { leads.wait_for(|leads| *leads == wanted).await.is_ok() };
        let _in_time = tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(tokio::time::timeout(SETTLED_WITHIN, settled))
        });
    }

    pub fn is_in(&self) -> bool {
        *self.is_in.borrow()
    }

    /// # Errors
    /// When the cable could not be plugged in again.
    pub fn check(&self) -> Result<()> {
        if self.task.is_finished() {
            bail!("the pseudo terminal at {} cannot be plugged in again", self.path.display());
        }
        Ok(())
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        self.task.abort();
        // The program ends here, perhaps before the task does.
        let _gone = std::fs::remove_file(&self.path);
    }
}

/// What is said about an address that others than this machine reach.
pub fn reach(address: SocketAddr) -> &'static str {
    if address.ip().is_loopback() {
        "this machine alone"
    } else {
        "everybody on this network: use it for practice only"
    }
}
