//! How many connections there are at once: of all, and of one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;

use crate::config::TrustedProxies;
use crate::web::neighbour::Neighbour;

/// Places that only this machine and trusted proxies may take: a health check gets in when nobody else does.
const KEPT_FREE: usize = 64;

/// How many connections each address has.
type Inside = Mutex<HashMap<Neighbour, usize>>;

/// Counts who is inside; cheap to clone, all clones count together.
#[derive(Clone)]
pub(super) struct Turnstile {
    places: Arc<Semaphore>,
    kept_free: Arc<Semaphore>,
    per_address: usize,
    inside: Arc<Inside>,
    proxies: TrustedProxies,
}

/// A place inside; dropping it gives it back.
pub(super) struct Ticket {
    _place: OwnedSemaphorePermit,
    /// The address that it counts for, and where.
    counted: Option<(Neighbour, Arc<Inside>)>,
}

/// Why there is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Full {
    /// All places are taken.
    All,
    /// This address has as many as one may have.
    Address,
}

impl Turnstile {
    pub(super) fn new(places: usize, per_address: usize, proxies: TrustedProxies) -> Self {
        Self {
            places: Arc::new(Semaphore::new(places)),
            kept_free: Arc::new(Semaphore::new(KEPT_FREE)),
            per_address,
            inside: Arc::default(),
            proxies,
        }
    }

    /// A place for a connection from `peer`.
    pub(super) fn admit(&self, peer: IpAddr) -> Result<Ticket, Full> {
        let place = || Arc::clone(&self.places).try_acquire_owned();
        if peer.to_canonical().is_loopback() || self.proxies.include(peer) {
            let place = place().or_else(|_| Arc::clone(&self.kept_free).try_acquire_owned());
            let place = place.map_err(|_none| Full::All)?;
            return Ok(Ticket { _place: place, counted: None });
        }
        let place = place().map_err(|_none| Full::All)?;
        let neighbour = Neighbour::from(peer);
        let mut inside = lock(&self.inside);
        let of_it = inside.entry(neighbour).or_default();
        if *of_it >= self.per_address {
            return Err(Full::Address);
        }
        *of_it += 1;
        Ok(Ticket { _place: place, counted: Some((neighbour, Arc::clone(&self.inside))) })
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let Some((neighbour, inside)) = &self.counted else { return };
        let mut inside = lock(inside);
        if let Some(of_it) = inside.get_mut(neighbour) {
            *of_it -= 1;
            if *of_it == 0 {
                inside.remove(neighbour);
            }
        }
    }
}

fn lock(inside: &Inside) -> MutexGuard<'_, HashMap<Neighbour, usize>> {
    // Each count is changed in one step, so a panic elsewhere left none half done.
    inside.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(turnstile: &Turnstile, peer: &str) -> Result<Ticket, Full> {
        turnstile.admit(peer.parse().unwrap())
    }

    #[test]
    fn an_address_gets_so_many_and_gets_them_back() {
        let turnstile = Turnstile::new(10, 2, TrustedProxies::default());
        let first = from(&turnstile, "2001:db8::1").unwrap();
        let _second = from(&turnstile, "2001:db8::2").unwrap();
        assert_eq!(from(&turnstile, "2001:db8::3").err(), Some(Full::Address));
        assert!(from(&turnstile, "203.0.113.7").is_ok());
        drop(first);
        assert!(from(&turnstile, "2001:db8::3").is_ok());
    }

    #[test]
    fn nothing_is_kept_of_those_who_left() {
        let turnstile = Turnstile::new(10, 2, TrustedProxies::default());
        drop(from(&turnstile, "203.0.113.7"));
        assert!(lock(&turnstile.inside).is_empty());
        assert_eq!(turnstile.places.available_permits(), 10);
    }

    #[test]
    fn this_machine_gets_in_when_all_places_are_taken() {
        let turnstile = Turnstile::new(1, 5, TrustedProxies::default());
        let _taken = from(&turnstile, "203.0.113.7").unwrap();
        assert_eq!(from(&turnstile, "203.0.113.8").err(), Some(Full::All));
        let health_checks: Vec<_> = (0..KEPT_FREE).map(|_| from(&turnstile, "127.0.0.1").unwrap()).collect();
        assert_eq!(from(&turnstile, "127.0.0.1").err(), Some(Full::All));
        drop(health_checks);
    }
}
