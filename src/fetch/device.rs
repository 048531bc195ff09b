//! Drives a signing device: its steps on a thread that may block, its calls through the one door.

use super::Fetcher;
use crate::ades::device::{DeviceError, SigningDevice, Step, ToSign};

/// Most calls for one answer: a list of a thousand digests at one a call, twice, and the calls around it.
const MOST_CALLS: usize = 2_048;

/// A device, owned by whoever drives it.
pub type Device = Box<dyn SigningDevice>;

/// The certificates of `device`, signer first, and the device again.
///
/// # Errors
/// See [`SigningDevice::certificates`].
pub async fn certificates(
    device: Device,
    fetcher: &dyn Fetcher,
) -> (Result<Vec<Vec<u8>>, DeviceError>, Option<Device>) {
    drive(device, fetcher, |device| device.certificates()).await
}

/// The values of `device` for `digests`, in order and each verified, and the device again.
///
/// # Errors
/// See [`SigningDevice::sign`].
pub async fn sign(
    device: Device,
    digests: Vec<ToSign>,
    fetcher: &dyn Fetcher,
) -> (Result<Vec<Vec<u8>>, DeviceError>, Option<Device>) {
    drive(device, fetcher, move |device| device.sign(&digests)).await
}

async fn drive<T: Send + 'static>(
    mut device: Device,
    fetcher: &dyn Fetcher,
    ask: impl Fn(&mut dyn SigningDevice) -> Result<Step<T>, DeviceError> + Send + Sync + 'static,
) -> (Result<T, DeviceError>, Option<Device>) {
    let ask = std::sync::Arc::new(ask);
    for _ in 0..MOST_CALLS {
        let own = std::sync::Arc::clone(&ask);
        let stepped = tokio::task::spawn_blocking(move || {
            let step = own(device.as_mut());
            (device, step)
        })
        .await;
        // The thread fails to answer only when the runtime is shutting down.
        let Ok((resumed, step)) = stepped else {
            return (Err(DeviceError::passing("DEVICE_FAILED")), None);
        };
        device = resumed;
        match step {
            Ok(Step::Done(done)) => return (Ok(done), Some(device)),
            Ok(Step::Call(call)) => device.answer(fetcher.call(&call).await),
            Err(error) => return (Err(error), Some(device)),
        }
    }
    (Err(DeviceError::new("DEVICE_FAILED")), Some(device))
}
