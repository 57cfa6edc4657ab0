//! Who can read a channel, by the roles of the server and the channel's own rules.
//!
//! The members of a server cannot be listed without a privilege that we do not ask for. So nobody is counted: each kind of
//! member that could read the channel is one reader, and stands for what the least knowing of its kind may know of.
//!
//! Invariant: a look-up that fails is neither a yes nor a no; whoever asked hears of the failure.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use serde::Deserialize;
use serde::Deserializer;
use tokio::time::Instant;

use crate::access;
use crate::access::Member;
use crate::config::MemberRules;
use crate::deliver::Readers;
use crate::domain::Person;
use crate::domain::Scope;

use super::refused::Refused;
use super::rest::Rest;

/// Discord's permission to do everything.
pub(super) const ADMINISTRATOR: u64 = 1 << 3;
/// Discord's permission to see a channel.
const VIEW_CHANNEL: u64 = 1 << 10;
/// Kinds of threads that all who see the parent may read, and the one that is for those who were invited.
pub(super) const OPEN_THREADS: [u8; 2] = [10, 11];
const PRIVATE_THREAD: u8 = 12;
/// A role that was taken away must not be read by for long; a burst of questions must not ask each time.
const KEPT_FOR: Duration = Duration::from_secs(20);
/// Channels kept at once; when there are more, all are dropped.
const KEPT_MAX: usize = 256;
/// Members that a channel may name before it counts as one that cannot be judged.
const NAMED_MAX: usize = 20;

/// Looks up readers, and keeps them briefly.
#[derive(Default)]
pub(super) struct ReadersDesk {
    kept: Mutex<HashMap<u64, (Instant, Arc<Readers>)>>,
}

impl ReadersDesk {
    /// Who can read a channel. Where all members may know of all accounts, Discord is not asked.
    pub(super) async fn of(
        &self,
        rest: &Rest,
        rules: &MemberRules,
        guild: u64,
        channel: u64,
    ) -> Result<Arc<Readers>, Refused> {
        if access::all_see_all(rules) {
            return Ok(Arc::new(Readers::Scopes(vec![Scope::All])));
        }
        // A panic elsewhere cannot have left a half-written entry: they go in whole.
        let kept = || self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept().get(&channel).filter(|(since, _)| since.elapsed() < KEPT_FOR).cloned();
        if let Some((_, readers)) = known {
            return Ok(readers);
        }
        let readers = Arc::new(look_up(rest, rules, guild, channel).await?);
        let mut kept = kept();
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        kept.insert(channel, (Instant::now(), Arc::clone(&readers)));
        Ok(readers)
    }
}

async fn look_up(rest: &Rest, rules: &MemberRules, guild: u64, channel: u64) -> Result<Readers, Refused> {
    let (server, own): (Server, Channel) = tokio::try_join!(rest.guild(guild), rest.channel(channel))?;
    let channel: Channel = match own.parent_id.filter(|_| OPEN_THREADS.contains(&own.kind)) {
        Some(Id(parent)) => rest.channel(parent).await?,
        None => own,
    };
    if channel.kind == PRIVATE_THREAD {
        return Ok(Readers::Uncertain);
    }
    let kinds = kinds(&server, &channel, rules);
    if kinds.members.len() > NAMED_MAX {
        return Ok(Readers::Uncertain);
    }
    let mut scopes = kinds.scopes;
    for user in kinds.members {
        // Whoever has left reads nothing.
        let Some(found) = rest.member::<Found>(guild, user).await? else { continue };
        if !found.user.bot {
            scopes.push(access::sees(rules, &found.member(user, &server)));
        }
    }
    Ok(Readers::Scopes(scopes))
}

/// A member as the server describes one now; `None` when the user is none, or a bot.
pub(super) async fn member_of(rest: &Rest, guild: u64, user: u64) -> Result<Option<Member>, Refused> {
    let (server, found): (Server, Option<Found>) =
        tokio::try_join!(rest.guild(guild), rest.member(guild, user))?;
    Ok(found.filter(|found| !found.user.bot).map(|found| found.member(user, &server)))
}

/// The kinds of members who can read a channel.
struct Kinds {
    /// What the least knowing of each kind may know of.
    scopes: Vec<Scope>,
    /// Users who can read it whatever roles they have.
    members: Vec<u64>,
}

fn kinds(server: &Server, channel: &Channel, rules: &MemberRules) -> Kinds {
    let of_role = |id: u64| channel.overwrites.iter().find(|one| one.kind == 0 && one.id.0 == id);
    let has = |bits: u64, permission: u64| bits & permission != 0;
    let allowed = |id: u64| of_role(id).is_some_and(|one| has(one.allow.0, VIEW_CHANNEL));
    let denied = |id: u64| of_role(id).is_some_and(|one| has(one.deny.0, VIEW_CHANNEL)) && !allowed(id);
    let everyone = server.id.0;
    // What a permission of the server itself comes to here, before any role of the channel's rules.
    let opens =
        |role: &ServerRole| allowed(everyone) || (has(role.permissions.0, VIEW_CHANNEL) && !denied(everyone));
    let rules_all = |role: &ServerRole| has(role.permissions.0, ADMINISTRATOR);
    let reads_alone =
        |role: &ServerRole| rules_all(role) || allowed(role.id.0) || (opens(role) && !denied(role.id.0));
    let is_admin = |role: &ServerRole| rules.administrators && rules_all(role);
    let people = || server.roles.iter().filter(|role| role.tags.bot_id.is_none() && !is_admin(role));
    let listed = |role: &&ServerRole| access::bearers_see(rules, role.id.0).is_some();
    // Anyone may have a role that is nothing here, and read through it.
    let unlisted = || people().filter(|role| !listed(role));
    let mut scopes = Vec::new();
    if unlisted().any(reads_alone) {
        scopes.push(access::others_see(rules));
    }
    for role in people().filter(listed) {
        let through_another = unlisted().any(|other| {
            rules_all(other)
                || (other.id.0 != everyone && allowed(other.id.0))
                || (reads_alone(other) && !denied(role.id.0))
        });
        if reads_alone(role) || through_another {
            scopes.extend(access::bearers_see(rules, role.id.0).cloned());
        }
    }
    let named = channel.overwrites.iter().filter(|one| one.kind == 1 && has(one.allow.0, VIEW_CHANNEL));
    let mut members: Vec<u64> = named.map(|one| one.id.0).collect();
    // The owner of a server reads everything in it.
    if !rules.administrators && !members.contains(&server.owner_id.0) {
        members.push(server.owner_id.0);
    }
    Kinds { scopes, members }
}

/// A number that Discord writes as a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Id(pub(super) u64);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Self).map_err(serde::de::Error::custom)
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Server {
    pub(super) id: Id,
    pub(super) owner_id: Id,
    pub(super) roles: Vec<ServerRole>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ServerRole {
    pub(super) id: Id,
    pub(super) permissions: Id,
    #[serde(default)]
    tags: RoleTags,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct RoleTags {
    bot_id: Option<Id>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Channel {
    #[serde(rename = "type")]
    pub(super) kind: u8,
    pub(super) parent_id: Option<Id>,
    #[serde(rename = "permission_overwrites", default)]
    pub(super) overwrites: Vec<Overwrite>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Overwrite {
    pub(super) id: Id,
    /// 0 for a role, 1 for a member.
    #[serde(rename = "type")]
    pub(super) kind: u8,
    pub(super) allow: Id,
    pub(super) deny: Id,
}

#[derive(Debug, Deserialize)]
pub(super) struct Found {
    user: FoundUser,
    pub(super) roles: Vec<Id>,
}

#[derive(Debug, Deserialize)]
struct FoundUser {
    username: String,
    #[serde(default)]
    bot: bool,
}

impl Found {
    fn member(&self, user: u64, server: &Server) -> Member {
        let roles: Vec<u64> = self.roles.iter().map(|Id(role)| *role).collect();
        let held = server.roles.iter().filter(|role| roles.contains(&role.id.0));
        let administrator = user == server.owner_id.0
            || held.fold(0, |all, role| all | role.permissions.0) & ADMINISTRATOR != 0;
        let shown = Person::new(&self.user.username)
            .or_else(|_odd| Person::new(&format!("user {user}")))
            .expect("a word and digits are a name");
        Member { user, shown, roles, administrator }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::MemberRole;
    use crate::domain::Claim;
    use crate::domain::Role;
    use proptest::prelude::*;

    const GUILD: u64 = 1;
    const VIEWERS: u64 = 10;
    const EMEA: u64 = 11;
    const PARTY: u64 = 12;

    fn emea() -> Scope {
        [Claim::tag("emea")].into_iter().collect()
    }

    fn rules(others: Option<Role>) -> MemberRules {
        let role = |id, accounts| MemberRole { id, role: Role::Viewer, accounts, own: false };
        MemberRules {
            roles: vec![role(VIEWERS, Scope::All), role(EMEA, emea())],
            others,
            administrators: false,
            people: std::collections::BTreeMap::new(),
        }
    }

    fn server(permissions: [u64; 4]) -> Server {
        let role = |(id, bits)| ServerRole { id: Id(id), permissions: Id(bits), tags: RoleTags::default() };
        let roles = [GUILD, VIEWERS, EMEA, PARTY].into_iter().zip(permissions).map(role).collect();
        Server { id: Id(GUILD), owner_id: Id(99), roles }
    }

    fn channel(overwrites: &[(u64, u8, u64, u64)]) -> Channel {
        let one = |&(id, kind, allow, deny): &(u64, u8, u64, u64)| Overwrite {
            id: Id(id),
            kind,
            allow: Id(allow),
            deny: Id(deny),
        };
        Channel { kind: 0, parent_id: None, overwrites: overwrites.iter().map(one).collect() }
    }

    const V: u64 = VIEW_CHANNEL;

    #[track_caller]
    fn check(permissions: [u64; 4], overwrites: &[(u64, u8, u64, u64)], expected: &[Scope], members: &[u64]) {
        let kinds = kinds(&server(permissions), &channel(overwrites), &rules(None));
        assert_eq!((&kinds.scopes[..], &kinds.members[..]), (expected, members));
    }

    #[test]
    fn every_kind_of_member_that_can_read_is_a_reader() {
        // Everyone reads everything.
        check([V, 0, 0, 0], &[], &[Scope::none(), Scope::All, emea()], &[99]);
        // Closed, and opened for one role, a bystanders' role, or a member.
        check([V, 0, 0, 0], &[(GUILD, 0, 0, V), (VIEWERS, 0, V, 0)], &[Scope::All], &[99]);
        check([V, 0, 0, 0], &[(GUILD, 0, 0, V), (EMEA, 0, V, 0)], &[emea()], &[99]);
        check(
            [V, 0, 0, 0],
            &[(GUILD, 0, 0, V), (PARTY, 0, V, 0)],
            &[Scope::none(), Scope::All, emea()],
            &[99],
        );
        check([V, 0, 0, 0], &[(GUILD, 0, 0, V), (7, 1, V, 0)], &[], &[7, 99]);
        // A role that is kept out does not read, unless another role lets its bearer in.
        check([V, 0, 0, 0], &[(EMEA, 0, 0, V)], &[Scope::none(), Scope::All], &[99]);
        check(
            [V, 0, 0, 0],
            &[(EMEA, 0, 0, V), (PARTY, 0, V, 0)],
            &[Scope::none(), Scope::All, emea()],
            &[99],
        );
        // Rights of the server itself.
        check([0, V, 0, 0], &[], &[Scope::All], &[99]);
        check([0, 0, 0, ADMINISTRATOR], &[(GUILD, 0, 0, V)], &[Scope::none(), Scope::All, emea()], &[99]);
    }

    #[test]
    fn administrators_know_all_when_it_is_said() {
        let mut rules = rules(None);
        rules.administrators = true;
        let kinds = kinds(&server([0, V, 0, ADMINISTRATOR]), &channel(&[]), &rules);
        assert_eq!((kinds.scopes, kinds.members), (vec![Scope::All], vec![]));
    }

    /// As Discord computes it.
    fn reads(server: &Server, channel: &Channel, roles: &[u64]) -> bool {
        let held = |id: u64| id == GUILD || roles.contains(&id);
        let mut bits =
            server.roles.iter().filter(|role| held(role.id.0)).fold(0, |all, role| all | role.permissions.0);
        if bits & ADMINISTRATOR != 0 {
            return true;
        }
        for of_everyone in [true, false] {
            let rules =
                channel.overwrites.iter().filter(|one| (one.id.0 == GUILD) == of_everyone && held(one.id.0));
            let (allow, deny) =
                rules.fold((0, 0), |(allow, deny), one| (allow | one.allow.0, deny | one.deny.0));
            bits = bits & !deny | allow;
        }
        bits & VIEW_CHANNEL != 0
    }

    proptest! {
        #[test]
        fn whatever_roles_a_reader_has_one_kind_knows_no_more(
            bits in [0..4_u64, 0..4_u64, 0..4_u64, 0..4_u64],
            marks in [0..3_u64, 0..3_u64, 0..3_u64, 0..3_u64],
            others in proptest::option::of(Just(Role::Viewer)),
        ) {
            let permissions = bits.map(|bits| [0, VIEW_CHANNEL, 0, VIEW_CHANNEL | ADMINISTRATOR][bits as usize]);
            let marked = [GUILD, VIEWERS, EMEA, PARTY].into_iter().zip(marks);
            let overwrites: Vec<_> =
                marked.map(|(id, mark)| (id, 0, V * u64::from(mark == 1), V * u64::from(mark == 2))).collect();
            let (server, channel, rules) = (server(permissions), channel(&overwrites), rules(others));
            let kinds = kinds(&server, &channel, &rules).scopes;
            for held in 0..8_u8 {
                let roles: Vec<u64> =
                    [VIEWERS, EMEA, PARTY].into_iter().enumerate().filter(|(at, _)| held >> at & 1 == 1).map(|(_, id)| id).collect();
                let shown = Person::new("someone").unwrap();
                let member = Member { user: 5, shown, roles: roles.clone(), administrator: false };
                let knows = access::sees(&rules, &member);
                let is_covered = kinds.iter().any(|kind| kind.clone().or(knows.clone()) == knows);
                prop_assert!(!reads(&server, &channel, &roles) || is_covered, "{roles:?} knows {knows:?} of {kinds:?}");
            }
        }
    }
}
