//! Where new objects go: an update of a file, or a file written from nothing.

use super::object::{Dictionary, Object, ObjectId};
use super::update::Update;

/// Takes new objects and numbers them.
pub trait Sink {
    /// A number for an object to come.
    fn reserve(&mut self) -> ObjectId;

    /// Sets an object whose number was reserved here.
    fn set(&mut self, id: ObjectId, object: Object);

    /// Adds a new object.
    fn add(&mut self, object: Object) -> ObjectId {
        let id = self.reserve();
        self.set(id, object);
        id
    }

    /// Adds a new stream; Flate is applied when it makes it smaller.
    fn add_stream(&mut self, dictionary: Dictionary, bytes: Vec<u8>) -> ObjectId {
        self.add(super::update::compressed(dictionary, bytes))
    }
}

impl Sink for Update {
    fn reserve(&mut self) -> ObjectId {
        Self::reserve(self)
    }

    fn set(&mut self, id: ObjectId, object: Object) {
        self.put_new(id, object);
    }
}
