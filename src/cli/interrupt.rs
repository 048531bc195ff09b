//! Ctrl-C and its kin while a command works: the work ends in order, and the command says that it was cancelled.

use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Watches for SIGINT, SIGTERM and SIGHUP from now on, in the place of the system's sudden end.
pub struct Interrupt {
    runtime: Runtime,
    asked: watch::Receiver<bool>,
}

impl Interrupt {
    /// Begins to watch.
    ///
    /// # Errors
    /// When the runtime or the signals are not to be had.
    pub fn watch() -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let (tell, asked) = watch::channel(false);
        {
            // Signals belong to the runtime that is entered.
            let _entered = runtime.enter();
            for kind in [
                SignalKind::interrupt(),
                SignalKind::terminate(),
                SignalKind::hangup(),
            ] {
                let (mut received, tell) = (signal(kind)?, tell.clone());
                runtime.spawn(async move {
                    while received.recv().await.is_some() {
                        let _ = tell.send(true);
                    }
                });
            }
        }
        Ok(Self { runtime, asked })
    }

    /// Whether somebody asked to stop.
    pub fn is_asked(&self) -> bool {
        *self.asked.borrow()
    }

    /// Does `work`; `None` when somebody asked to stop before it was done.
    pub fn unless_asked<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut asked = self.asked.clone();
        self.runtime.block_on(async {
            tokio::select! {
                biased;
                Ok(_) = asked.wait_for(|asked| *asked) => None,
                done = work => Some(done),
            }
        })
    }
}
