//! The private corner of the machine in which the laboratory's reader daemon and cards live.
//!
//! The virtual reader driver listens on every address, and the daemon insists on `/run/pcscd`; so both get a network
//! and a mount namespace of their own, and clients outside come in through the daemon's Unix socket alone.

use std::io::Read as _;
use std::path::Path;
use std::process::Command;

use super::LabError;

/// What identifies the namespaces of this process: read outside, compared inside.
pub(super) fn identity() -> Result<String, LabError> {
    let mut all = Vec::new();
    for kind in ["mnt", "net"] {
        let path = Path::new("/proc/self/ns").join(kind);
        let link = std::fs::read_link(&path).map_err(LabError::io(&path))?;
        all.push(link.display().to_string());
    }
    Ok(all.join(","))
}

/// The command line that starts `program` in namespaces of its own: as root directly, otherwise in a user namespace.
///
/// Everything in it ends when the first process ends, which the kernel sees to.
pub(super) fn wrapper(program: &Path) -> Result<Command, LabError> {
    use std::os::unix::fs::MetadataExt as _;
    let own = Path::new("/proc/self");
    let is_root = std::fs::metadata(own).map_err(LabError::io(own))?.uid() == 0;
    let mut command = Command::new("unshare");
    if !is_root {
        command.args(["--user", "--map-root-user"]);
    }
    command
        .args(["--mount", "--net", "--pid", "--fork", "--kill-child", "--"])
        .arg(program);
    Ok(command)
}

/// Makes the namespaces fit: loopback up, `run` in the place of `/run/pcscd`, no other reader drivers.
///
/// `outside`: [`identity`] of the process that asked. Refuses to touch anything when it is not in a corner of its own.
pub(super) fn settle(outside: &str, run: &Path, empty: &Path) -> Result<(), LabError> {
    let inside = identity()?;
    if inside
        .split(',')
        .zip(outside.split(','))
        .any(|(own, other)| own == other)
        || outside.is_empty()
    {
        return Err(LabError::Refused(
            "the card host must run in namespaces of its own",
        ));
    }
    loopback_up()?;
    let target = Path::new("/run/pcscd");
    if !target.is_dir() {
        // WHY: made in the machine's own `/run` it would stay behind, and without root it could not be made at all.
        if !run.starts_with("/run") {
            mount(&["-t", "tmpfs", "tmpfs", "/run"])?;
        }
        std::fs::create_dir_all(target).map_err(LabError::io(target))?;
    }
    mount(&["--bind", &run.display().to_string(), "/run/pcscd"])?;
    // The machine's own readers are not the laboratory's to open.
    if Path::new("/usr/lib/pcsc/drivers").is_dir() {
        mount(&["--bind", &empty.display().to_string(), "/usr/lib/pcsc/drivers"])?;
    }
    Ok(())
}

fn mount(arguments: &[&str]) -> Result<(), LabError> {
    let output = Command::new("mount")
        .args(arguments)
        .output()
        .map_err(|error| LabError::Reader(format!("cannot run mount: {error}")))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(LabError::Reader(format!("mount {}: {said}", arguments.join(" "))))
}

/// Brings the loopback interface up by a netlink message (rtnetlink: RTM_NEWLINK with IFF_UP for interface 1).
fn loopback_up() -> Result<(), LabError> {
    const NETLINK: i32 = 16;
    const ROUTE: i32 = 0;
    const NEW_LINK: u16 = 16;
    const REQUEST_AND_ACKNOWLEDGE: u16 = 5;
    let failed = |error: std::io::Error| LabError::Reader(format!("loopback interface: {error}"));
    let mut socket = socket2::Socket::new(
        socket2::Domain::from(NETLINK),
        socket2::Type::RAW,
        Some(socket2::Protocol::from(ROUTE)),
    )
    .map_err(failed)?;
    let mut message = Vec::with_capacity(32);
    message.extend_from_slice(&32_u32.to_ne_bytes());
    message.extend_from_slice(&NEW_LINK.to_ne_bytes());
    message.extend_from_slice(&REQUEST_AND_ACKNOWLEDGE.to_ne_bytes());
    message.extend_from_slice(&[0; 8]);
    // Family, padding and device type; then index 1, flags and change mask.
    message.extend_from_slice(&[0; 4]);
    for word in [1_u32, 1, 1] {
        message.extend_from_slice(&word.to_ne_bytes());
    }
    socket.send(&message).map_err(failed)?;
    let mut answer = [0_u8; 256];
    let read = socket.read(&mut answer).map_err(failed)?;
    let code = answer
        .get(16..20)
        .filter(|_| read >= 20)
        .and_then(|code| code.try_into().ok());
    match code.map(i32::from_ne_bytes) {
        Some(0) => Ok(()),
        Some(code) => Err(failed(std::io::Error::from_raw_os_error(code.saturating_neg()))),
        None => Err(LabError::Reader("loopback interface: no answer".to_owned())),
    }
}
