//! A seal key in a PKCS#11 token: HSM, USB token, or SoftHSM.
//!
//! One named thread per module owns the module and everything in it; callers send it work with a deadline. A module
//! that does not answer is given up with its thread, which cannot be cancelled, and a new thread is begun for the next
//! caller. Source: PKCS #11 v2.40 and v3.0 (OASIS).

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsPssParams};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::{Attribute, AttributeType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;

use crate::ades::device::{DeviceError, Reply, SigningDevice, Step, ToSign, check_values};
use crate::asn1::read::{self, Rules};
use crate::asn1::write;
use crate::base::digest::{HashAlgorithm, Sha256Digest};
use crate::base::secret::Secret;
use crate::crypto::algorithm::{self, SignatureAlgorithm};
use crate::crypto::ecdsa;
use crate::crypto::key::{KeyKind, PublicKey};
use crate::pki::certificate::Certificate;

/// How many threads of one module may be stuck before it is left alone: each holds its stack for ever.
const MOST_STUCK: u8 = 4;

/// Where a key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The module's shared library.
    pub module: PathBuf,
    /// `CKA_LABEL` of the token.
    pub token: String,
    /// `CKA_LABEL` of the private key.
    pub key: String,
}

/// A key in a token, opened anew for each use: no session and no log-in stays open between two uses.
pub struct TokenKey {
    place: Place,
    pin: Secret<String>,
    /// Certificates given beside the token, signer first; from the token when there are none.
    certificates: Vec<Vec<u8>>,
    deadline: Duration,
}

impl std::fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenKey")
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

impl TokenKey {
    /// The key at `place`. `certificates`: DER, signer first; empty when they stand in the token. `deadline`: for one
    /// visit to the module, however many digests it signs.
    pub const fn new(
        place: Place,
        pin: Secret<String>,
        certificates: Vec<Vec<u8>>,
        deadline: Duration,
    ) -> Self {
        Self {
            place,
            pin,
            certificates,
            deadline,
        }
    }

    fn visit<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Opened) -> Result<T, DeviceError> + Send + 'static,
    ) -> Result<T, DeviceError> {
        let place = self.place.clone();
        let pin = Secret::new(self.pin.expose().clone());
        Threads::shared().run(&self.place.module, self.deadline, move |module| {
            let opened = Opened::new(module?, &place, &pin)?;
            work(&opened)
        })
    }
}

impl SigningDevice for TokenKey {
    fn certificates(&mut self) -> Result<Step<Vec<Vec<u8>>>, DeviceError> {
        if self.certificates.is_empty() {
            self.certificates = self.visit(Opened::certificates)?;
        }
        Ok(Step::Done(self.certificates.clone()))
    }

    fn sign(&mut self, digests: &[ToSign]) -> Result<Step<Vec<Vec<u8>>>, DeviceError> {
        self.certificates()?;
        let key = signer_key(&self.certificates)?;
        let work = digests.to_vec();
        let kind = key.kind();
        let values = self.visit(move |opened| {
            work.iter()
                .map(|asked| opened.sign(asked, kind))
                .collect::<Result<Vec<_>, _>>()
        })?;
        check_values(&key, digests, &values)?;
        Ok(Step::Done(values))
    }

    fn answer(&mut self, _reply: Reply) {}
}

/// The key that the first certificate names.
pub(super) fn signer_key(certificates: &[Vec<u8>]) -> Result<PublicKey, DeviceError> {
    let der = certificates
        .first()
        .ok_or(DeviceError::new("DEVICE_CERTIFICATE"))?;
    let certificate = Certificate::parse(der.clone())
        .map_err(|error| DeviceError::new("DEVICE_CERTIFICATE").because(error))?;
    let key = certificate
        .public_key()
        .map_err(|error| DeviceError::new("DEVICE_CERTIFICATE").because(error))?;
    Ok(key.clone())
}

/// A session in which the user is logged in, and the key found in it. Closing it logs out.
struct Opened {
    session: Session,
    key: ObjectHandle,
}

impl Opened {
    fn new(module: &Pkcs11, place: &Place, pin: &Secret<String>) -> Result<Self, DeviceError> {
        let mut slot = None;
        for candidate in module.get_slots_with_initialized_token().map_err(failed)? {
            let info = module.get_token_info(candidate).map_err(failed)?;
            if info.label().trim_end() == place.token {
                if slot.is_some() {
                    return Err(DeviceError::new("DEVICE_TOKEN_AMBIGUOUS"));
                }
                slot = Some((candidate, info.user_pin_locked(), info.user_pin_final_try()));
            }
        }
        let (slot, locked, final_try) = slot.ok_or(DeviceError::passing("DEVICE_TOKEN_MISSING"))?;
        if locked {
            return Err(DeviceError::new("DEVICE_PIN_BLOCKED"));
        }
        // WHY: a PIN that was refused once is not sent again, or a service that restarts and retries blocks the token.
        // Nor is the last try ever made by a machine.
        let attempt = Sha256Digest::of(format!("{}\0{}", place.token, pin.expose()).as_bytes());
        if final_try || refused_pins().contains(&attempt) {
            return Err(DeviceError::new("DEVICE_PIN"));
        }
        let session = module.open_ro_session(slot).map_err(failed)?;
        match session.login(UserType::User, Some(&AuthPin::from(pin.expose().clone()))) {
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => {}
            Err(Error::Pkcs11(
                RvError::PinIncorrect | RvError::PinInvalid | RvError::PinLenRange | RvError::PinExpired,
                _,
            )) => {
                refused_pins().insert(attempt);
                return Err(DeviceError::new("DEVICE_PIN"));
            }
            Err(error) => return Err(failed(error)),
        }
        let template = [
            Attribute::Class(ObjectClass::PRIVATE_KEY),
            Attribute::Label(place.key.clone().into_bytes()),
        ];
        let found = session.find_objects(&template).map_err(failed)?;
        match found.as_slice() {
            [key] => Ok(Self { session, key: *key }),
            [] => Err(DeviceError::new("DEVICE_KEY_MISSING")),
            _ => Err(DeviceError::new("DEVICE_KEY_AMBIGUOUS")),
        }
    }

    /// The certificate with the key's `CKA_ID`, and every other one of the token after it.
    fn certificates(&self) -> Result<Vec<Vec<u8>>, DeviceError> {
        let id = self.attribute(self.key, AttributeType::Id)?;
        let template = [Attribute::Class(ObjectClass::CERTIFICATE)];
        let mut found = Vec::new();
        for object in self.session.find_objects(&template).map_err(failed)? {
            let der = self.attribute(object, AttributeType::Value)?;
            if self.attribute(object, AttributeType::Id)? == id {
                found.insert(0, der);
            } else {
                found.push(der);
            }
        }
        if found.is_empty() {
            return Err(DeviceError::new("DEVICE_CERTIFICATE"));
        }
        Ok(found)
    }

    fn attribute(&self, object: ObjectHandle, kind: AttributeType) -> Result<Vec<u8>, DeviceError> {
        let found = self.session.get_attributes(object, &[kind]).map_err(failed)?;
        Ok(found
            .into_iter()
            .find_map(|attribute| match attribute {
                Attribute::Id(value) | Attribute::Value(value) => Some(value),
                _ => None,
            })
            .unwrap_or_default())
    }

    /// The value as CMS carries it.
    fn sign(&self, asked: &ToSign, kind: KeyKind) -> Result<Vec<u8>, DeviceError> {
        let sign = |mechanism: &Mechanism<'_>, data: &[u8]| {
            self.session.sign(mechanism, self.key, data).map_err(failed)
        };
        match (asked.algorithm, kind) {
            // CKM_ECDSA gives r‖s, each as long as the curve's order (PKCS #11 §2.3.1).
            (SignatureAlgorithm::Ecdsa(_), KeyKind::Ec(curve)) => {
                let raw = sign(&Mechanism::Ecdsa, &asked.digest)?;
                ecdsa::raw_to_der(&raw, curve)
                    .map_err(|error| DeviceError::new("DEVICE_VALUE").because(error))
            }
            (SignatureAlgorithm::RsaPkcs1(hash), KeyKind::Rsa { .. }) => {
                sign(&Mechanism::RsaPkcs, &digest_info(hash, &asked.digest))
            }
            (SignatureAlgorithm::RsaPss(hash), KeyKind::Rsa { .. }) => {
                sign(&Mechanism::RsaPkcsPss(pss(hash)?), &asked.digest)
            }
            _ => Err(DeviceError::new("DEVICE_ALGORITHM")),
        }
    }
}

/// DigestInfo of RFC 8017 §9.2, parameters NULL: CKM_RSA_PKCS pads and signs what it is given.
fn digest_info(hash: HashAlgorithm, digest: &[u8]) -> Vec<u8> {
    let identifier = algorithm::hash_identifier(hash);
    let oid = read::single(&identifier, Rules::Der)
        .map(|element| element.content().to_vec())
        .unwrap_or_default();
    write::sequence(&[
        &write::sequence(&[&oid, &write::null()]),
        &write::octet_string(digest),
    ])
}

fn pss(hash: HashAlgorithm) -> Result<PkcsPssParams, DeviceError> {
    let (hash_alg, mgf) = match hash {
        HashAlgorithm::Sha256 => (MechanismType::SHA256, PkcsMgfType::MGF1_SHA256),
        HashAlgorithm::Sha384 => (MechanismType::SHA384, PkcsMgfType::MGF1_SHA384),
        HashAlgorithm::Sha512 => (MechanismType::SHA512, PkcsMgfType::MGF1_SHA512),
        HashAlgorithm::Sha1 => return Err(DeviceError::new("DEVICE_ALGORITHM")),
    };
    // A salt as long as the hash (RFC 4055 §3.1).
    let length = u64::try_from(hash.output_bytes()).unwrap_or_default();
    Ok(PkcsPssParams {
        hash_alg,
        mgf,
        s_len: length.into(),
    })
}

/// A token that was pulled out or a module that is out of sorts may be back at the next try.
fn failed(error: Error) -> DeviceError {
    let made = match &error {
        Error::Pkcs11(RvError::PinLocked, _) => DeviceError::new("DEVICE_PIN_BLOCKED"),
        Error::Pkcs11(RvError::MechanismInvalid | RvError::KeyTypeInconsistent, _) => {
            DeviceError::new("DEVICE_ALGORITHM")
        }
        Error::Pkcs11(RvError::KeyFunctionNotPermitted, _) => DeviceError::new("DEVICE_KEY_MISSING"),
        Error::LibraryLoading(_) => DeviceError::new("DEVICE_MODULE"),
        _ => DeviceError::passing("DEVICE_FAILED"),
    };
    made.because(error)
}

/// Digests of PINs that a token refused, by token: forgotten when the program ends.
fn refused_pins() -> std::sync::MutexGuard<'static, BTreeSet<Sha256Digest>> {
    static REFUSED: Mutex<BTreeSet<Sha256Digest>> = Mutex::new(BTreeSet::new());
    REFUSED.lock().unwrap_or_else(PoisonError::into_inner)
}

type Work = Box<dyn FnOnce(Result<&Pkcs11, DeviceError>) + Send>;

/// The threads that own modules. One set in a process, for `C_Initialize` is the process's too.
#[derive(Default)]
struct Threads(Mutex<BTreeMap<PathBuf, OfModule>>);

#[derive(Default)]
struct OfModule {
    running: Option<Sender<Work>>,
    stuck: u8,
}

impl Threads {
    fn shared() -> &'static Self {
        static THREADS: Threads = Threads(Mutex::new(BTreeMap::new()));
        &THREADS
    }

    /// Runs `work` on the thread of `module` and waits for it no longer than `deadline`.
    fn run<T: Send + 'static>(
        &self,
        module: &Path,
        deadline: Duration,
        work: impl FnOnce(Result<&Pkcs11, DeviceError>) -> Result<T, DeviceError> + Send + 'static,
    ) -> Result<T, DeviceError> {
        let (give, take) = channel();
        let work: Work = Box::new(move |module| {
            // Nobody listens any more when the deadline is over.
            let _ = give.send(work(module));
        });
        let (generation, sender) = self.thread_of(module)?;
        sender
            .send(work)
            .map_err(|_| DeviceError::passing("DEVICE_FAILED"))?;
        match take.recv_timeout(deadline) {
            Ok(outcome) => outcome,
            Err(RecvTimeoutError::Disconnected) => Err(DeviceError::passing("DEVICE_FAILED")),
            Err(RecvTimeoutError::Timeout) => {
                self.give_up(module, generation);
                Err(DeviceError::passing("DEVICE_TIMEOUT"))
            }
        }
    }

    /// The thread of `module`, and how many before it were given up.
    fn thread_of(&self, module: &Path) -> Result<(u8, Sender<Work>), DeviceError> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = known.entry(module.to_owned()).or_default();
        if let Some(running) = &entry.running {
            return Ok((entry.stuck, running.clone()));
        }
        if entry.stuck >= MOST_STUCK {
            return Err(DeviceError::new("DEVICE_STUCK"));
        }
        let (sender, receiver) = channel::<Work>();
        let path = module.to_owned();
        std::thread::Builder::new()
            .name("pkcs11".to_owned())
            .spawn(move || {
                let mut opened: Option<Pkcs11> = None;
                while let Ok(work) = receiver.recv() {
                    // A module that could not be loaded is tried again for the next caller.
                    match opened
                        .as_ref()
                        .map_or_else(|| load(&path).map(Some), |_| Ok(None))
                    {
                        Ok(Some(fresh)) => opened = Some(fresh),
                        Ok(None) => {}
                        Err(error) => {
                            work(Err(error));
                            continue;
                        }
                    }
                    match &opened {
                        Some(module) => work(Ok(module)),
                        None => work(Err(DeviceError::passing("DEVICE_FAILED"))),
                    }
                }
            })
            .map_err(|error| DeviceError::passing("DEVICE_FAILED").because(error))?;
        entry.running = Some(sender.clone());
        Ok((entry.stuck, sender))
    }

    fn give_up(&self, module: &Path, generation: u8) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = known.get_mut(module)
            && entry.stuck == generation
        {
            entry.running = None;
            entry.stuck = entry.stuck.saturating_add(1);
            tracing::error!("a PKCS#11 module does not answer; its thread is given up");
        }
    }
}

fn load(path: &Path) -> Result<Pkcs11, DeviceError> {
    let module = Pkcs11::new(path).map_err(failed)?;
    match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        // A thread that was given up initialised it.
        Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(module),
        Err(error) => Err(failed(error)),
    }
}
