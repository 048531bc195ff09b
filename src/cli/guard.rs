//! What this program lets the system keep of it: no memory dumps, and files for its own user alone.
//!
//! Memory is not locked as well: that needs the addresses of pages and so `unsafe`, which this package forbids. Swap is the
//! operating system's to encrypt or to leave off.

use rustix::fs::Mode;
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit, umask};

/// Keeps PINs and keys out of core dumps, and other processes of the same user out of this one's memory.
///
/// # Errors
/// When the system refuses; nothing secret may be read then.
pub(super) fn keep_memory_to_itself() -> std::io::Result<()> {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    // The limit goes on to the PIN program, which is a new process; the other stops a collector that minds no limit.
    setrlimit(Resource::Core, none)?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    Ok(())
}

/// Makes files and folders from now on for this user alone: a database holds names, scratch holds documents.
pub(super) fn keep_files_to_itself() {
    umask(Mode::RWXG | Mode::RWXO);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_it_the_system_dumps_nothing() {
        keep_memory_to_itself().unwrap();
        assert_eq!(
            rustix::process::dumpable_behavior().unwrap(),
            DumpableBehavior::NotDumpable
        );
        let limit = rustix::process::getrlimit(Resource::Core);
        assert_eq!((limit.current, limit.maximum), (Some(0), Some(0)));
    }
}
