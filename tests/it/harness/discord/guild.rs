//! The fake's server: its roles, who has them, and the rules of its channels.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::json;

use super::FakeDiscord;
use super::FakeUser;
use super::state::BOT;
use super::state::CHANNEL;
use super::state::GUILD;

/// Discord's permission to see a channel.
pub const VIEW: u64 = 1 << 10;
/// Discord's permission to do everything.
pub const ADMINISTRATOR: u64 = 1 << 3;

/// What is known of the server.
pub struct Guild {
    /// Permissions by role; everyone's role has the id of the server.
    roles: BTreeMap<u64, u64>,
    channels: BTreeMap<u64, Channel>,
    /// Roles by user.
    members: BTreeMap<u64, Vec<u64>>,
}

#[derive(Default)]
struct Channel {
    kind: u64,
    parent: Option<u64>,
    /// Role or member, and whether it may see the channel.
    rules: Vec<(Whom, bool)>,
}

/// Whom a rule of a channel is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whom {
    Role(u64),
    Member(u64),
}

impl Default for Guild {
    fn default() -> Self {
        Self {
            roles: [(GUILD, VIEW)].into(),
            channels: [(CHANNEL, Channel::default())].into(),
            members: BTreeMap::new(),
        }
    }
}

impl Guild {
    /// The roles of a user.
    pub fn roles_of(&self, user: u64) -> Vec<String> {
        self.members.get(&user).into_iter().flatten().map(u64::to_string).collect()
    }

    /// What the server lets a user do.
    pub fn permissions_of(&self, user: u64) -> u64 {
        let own = self.members.get(&user).into_iter().flatten();
        own.chain([&GUILD]).filter_map(|role| self.roles.get(role)).fold(0, |all, bits| all | bits)
    }

    /// Whether there is such a channel.
    pub fn has_channel(&self, id: u64) -> bool {
        self.channels.contains_key(&id)
    }

    /// In Discord's JSON.
    pub fn json(&self) -> Value {
        let role = |(id, permissions): (&u64, &u64)| {
            json!({
                "id": id.to_string(), "name": format!("role {id}"), "color": 0, "hoist": false, "position": 1,
                "permissions": permissions.to_string(), "managed": false, "mentionable": false, "flags": 0,
            })
        };
        let roles: Vec<Value> = self.roles.iter().map(role).collect();
        json!({"id": GUILD.to_string(), "name": "Account desk", "owner_id": BOT.to_string(), "roles": roles})
    }

    /// A channel in Discord's JSON.
    pub fn channel_json(&self, id: u64) -> Option<Value> {
        let channel = self.channels.get(&id)?;
        let rule = |(whom, may): &(Whom, bool)| {
            let (kind, id) = match whom {
                Whom::Role(id) => (0, id),
                Whom::Member(id) => (1, id),
            };
            let bits = |set: bool| (VIEW * u64::from(set)).to_string();
            json!({"id": id.to_string(), "type": kind, "allow": bits(*may), "deny": bits(!*may)})
        };
        let mut json = json!({
            "id": id.to_string(), "type": channel.kind, "guild_id": GUILD.to_string(), "name": "accounts",
            "parent_id": channel.parent.map(|id| id.to_string()),
        });
        if channel.kind < 10 {
            json["permission_overwrites"] = channel.rules.iter().map(rule).collect();
        }
        Some(json)
    }

    /// A member in Discord's JSON.
    pub fn member_json(&self, user: u64) -> Option<Value> {
        let member = |name: &str, bot: bool, roles: Vec<String>| {
            json!({
                "user": {"id": user.to_string(), "username": name, "global_name": name, "bot": bot,
                    "discriminator": "0", "avatar": null},
                "roles": roles, "joined_at": "2026-01-01T00:00:00.000000+00:00", "deaf": false, "mute": false,
            })
        };
        if user == BOT {
            return Some(member("etsm", true, Vec::new()));
        }
        self.members.contains_key(&user).then(|| member("someone", false, self.roles_of(user)))
    }
}

impl FakeDiscord {
    /// The server gets a role.
    pub fn adds_role(&self, id: u64, permissions: u64) {
        self.state.change(|inner| inner.guild.roles.insert(id, permissions));
    }

    /// A channel gets these rules.
    pub fn rules_channel(&self, id: u64, rules: &[(Whom, bool)]) {
        let channel = Channel { rules: rules.to_vec(), ..Channel::default() };
        self.state.change(|inner| inner.guild.channels.insert(id, channel));
    }

    /// A channel gets a thread.
    pub fn opens_thread(&self, id: u64, parent: u64, is_private: bool) {
        let kind = if is_private { 12 } else { 11 };
        let channel = Channel { kind, parent: Some(parent), rules: Vec::new() };
        self.state.change(|inner| inner.guild.channels.insert(id, channel));
    }

    /// How often the server, a channel or a member was looked at.
    pub fn looked_around(&self) -> usize {
        self.state.lock().looked_around
    }
}

impl FakeUser<'_> {
    /// The same person with these roles of the server.
    pub fn with_roles(self, roles: &[u64]) -> Self {
        self.discord.state.change(|inner| inner.guild.members.insert(self.user.id, roles.to_vec()));
        self
    }

    /// The same person in another channel.
    pub fn in_channel(mut self, channel: u64) -> Self {
        self.channel = channel;
        self
    }

    /// The id of the user.
    pub fn id(&self) -> u64 {
        self.user.id
    }
}
