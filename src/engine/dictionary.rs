//! Endpoint and model names as small numbers, shared by all accounts of a snapshot.
//!
//! Invariant: a number once given out never means another name, so frames built earlier stay right.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use crate::domain::Endpoint;
use crate::domain::Model;

use super::frame::Part;

/// All names that ever occurred; grows, never shrinks.
#[derive(Debug, Clone, Default)]
pub(super) struct Dictionary {
    pub(super) endpoints: Names<Endpoint>,
    pub(super) models: Names<Model>,
}

impl Dictionary {
    /// The numbers of an endpoint and a model. A shared dictionary is copied only when a name is new to it.
    pub(super) fn part(shared: &mut Arc<Self>, endpoint: &Endpoint, model: Option<&Model>) -> Part {
        let known = shared.endpoints.id(endpoint);
        let endpoint = known.unwrap_or_else(|| Arc::make_mut(shared).endpoints.learn(endpoint));
        let model = model.map(|model| {
            let known = shared.models.id(model);
            known.unwrap_or_else(|| Arc::make_mut(shared).models.learn(model))
        });
        Part { endpoint, model }
    }
}

/// Names of one kind, numbered in the order in which they came.
#[derive(Debug, Clone)]
pub(super) struct Names<T> {
    names: Vec<T>,
    ids: HashMap<T, u32>,
}

impl<T> Default for Names<T> {
    fn default() -> Self {
        Self { names: Vec::new(), ids: HashMap::new() }
    }
}

impl<T: Clone + Eq + Hash> Names<T> {
    /// The number of a name that occurred.
    pub(super) fn id(&self, name: &T) -> Option<u32> {
        self.ids.get(name).copied()
    }

    /// The name behind a number that this dictionary gave out.
    pub(super) fn name(&self, id: u32) -> &T {
        &self.names[id as usize]
    }

    /// How many names there are; all numbers are below.
    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// Numbers a name that did not occur before.
    fn learn(&mut self, name: &T) -> u32 {
        let id =
            u32::try_from(self.names.len()).expect("names take more memory than their count can overflow");
        self.names.push(name.clone());
        self.ids.insert(name.clone(), id);
        id
    }
}
