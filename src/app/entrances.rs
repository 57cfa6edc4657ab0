//! Where clients come in: the dashboard's port, and the plain one that leads to it where TLS is set up.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::config::Settings;
use crate::web;

use super::parts::Parts;

/// How often the files of the certificate are read again.
const LOOK_AT_CERTIFICATE_EVERY: Duration = Duration::from_secs(30);

/// The ports that are listened on, with what is shown there.
pub(super) struct Entrances {
    listener: TcpListener,
    redirect: Option<TcpListener>,
    tls: Option<Arc<web::Tls>>,
    reception: web::Reception,
}

impl Entrances {
    /// With the certificate of the settings, if it is good.
    pub(super) fn new(
        settings: &Settings,
        listener: TcpListener,
        redirect: Option<TcpListener>,
        now: Timestamp,
    ) -> anyhow::Result<Self> {
        let tls = settings.server.tls.as_ref().map(|files| web::Tls::open(files, now)).transpose();
        let tls = tls.context("setting up TLS (server.tls)")?.map(Arc::new);
        let reception = web::Reception::of(&settings.server, tls.clone());
        Ok(Self { listener, redirect, tls, reception })
    }

    /// Serves the dashboard.
    pub(super) fn open(self, state: web::WebState, parts: &mut Parts, stop: &CancellationToken) {
        let Self { listener, redirect, tls, reception } = self;
        if let Some(tls) = tls {
            let clock = Arc::clone(state.desk.clock());
            parts.start("certificate", tls.watch(clock, LOOK_AT_CERTIFICATE_EVERY, stop.clone()));
        }
        if let Some(listener) = redirect {
            let router = web::redirect(&state.public_url);
            parts.start("redirect", web::serve(listener, router, reception.clone().plain(), stop.clone()));
        }
        parts.start("dashboard", web::serve(listener, web::router(state), reception, stop.clone()));
    }
}
