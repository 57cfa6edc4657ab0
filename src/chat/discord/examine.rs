//! What the bot may do where it is to post, for whoever sets it up.

use super::client::Client;
use super::readers::ADMINISTRATOR;
use super::readers::Channel;
use super::readers::Found;
use super::readers::Id;
use super::readers::OPEN_THREADS;
use super::readers::Server;
use super::refused::Refused;

/// What posting a digest or an alert takes, and what it is called on Discord's pages.
const NEEDED: &[(u64, &str)] = &[
    (1 << 10, "View Channel"),
    (1 << 11, "Send Messages"),
    (1 << 14, "Embed Links"),
    (1 << 15, "Attach Files"),
    (1 << 16, "Read Message History"),
];

/// How one thing at Discord is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Examined {
    /// As it should be, and what that is.
    Well(String),
    /// Not so, and what to do.
    Wrong {
        /// What is wrong.
        said: String,
        /// What to do.
        remedy: String,
    },
}

impl Client {
    /// Whether the token is taken, the server is known, and the channels can be posted to.
    pub async fn examine(&self, channels: &[u64]) -> Vec<Examined> {
        let me = match self.rest.me().await {
            Ok(me) => me,
            Err(refused) => return vec![token_refused(&refused)],
        };
        let mut all = vec![Examined::Well("the token is taken".into())];
        let Some(guild) = self.settings.guild_id else { return all };
        let seat = tokio::try_join!(self.rest.guild::<Server>(guild), self.rest.member::<Found>(guild, me));
        let (server, roles) = match seat {
            Ok((server, Some(found))) => (server, found.roles),
            Ok((_, None)) => {
                all.push(not_there(guild, "the bot is no member of the server"));
                return all;
            }
            Err(refused) => {
                all.push(not_there(guild, &refused.to_string()));
                return all;
            }
        };
        all.push(Examined::Well(format!("the bot is in the server {guild}")));
        for channel in channels {
            all.push(self.examine_channel(&server, (me, &roles), *channel).await);
        }
        all
    }

    async fn examine_channel(&self, server: &Server, bot: (u64, &[Id]), channel: u64) -> Examined {
        match self.rules_of(channel).await {
            Ok(found) => match missing(permissions(server, &found, bot)) {
                names if names.is_empty() => {
                    Examined::Well(format!("the channel {channel} can be posted to"))
                }
                names => Examined::Wrong {
                    said: format!("in the channel {channel} the bot lacks {}", names.join(", ")),
                    remedy: "give its role these permissions there: channel settings, Permissions".into(),
                },
            },
            Err(refused) => Examined::Wrong {
                said: format!("the channel {channel} cannot be looked at: {refused}"),
                remedy: "let the bot's role see the channel, or name another one in the schedule".into(),
            },
        }
    }

    /// The channel whose rules hold: threads go by their parent's.
    async fn rules_of(&self, channel: u64) -> Result<Channel, Refused> {
        let own: Channel = self.rest.channel(channel).await?;
        match own.parent_id {
            Some(Id(parent)) if OPEN_THREADS.contains(&own.kind) => self.rest.channel(parent).await,
            _ => Ok(own),
        }
    }
}

fn token_refused(refused: &Refused) -> Examined {
    match refused.status {
        Some(401) => Examined::Wrong {
            said: "Discord does not take the token".into(),
            remedy: "copy the bot's token anew from the application's page into ETSM_DISCORD_TOKEN".into(),
        },
        _ => Examined::Wrong {
            said: format!("Discord cannot be asked: {refused}"),
            remedy: "let this machine reach Discord, by HTTPS_PROXY if need be".into(),
        },
    }
}

fn not_there(guild: u64, said: &str) -> Examined {
    Examined::Wrong {
        said: format!("the server {guild} cannot be looked at: {said}"),
        remedy: "invite the bot to the server, or set discord.guild_id to the right one".into(),
    }
}

/// As Discord computes it: the server's roles, then the channel's rules for everyone, for roles, and for the member.
fn permissions(server: &Server, channel: &Channel, (me, roles): (u64, &[Id])) -> u64 {
    let everyone = server.id;
    let held = |id: Id| id == everyone || roles.contains(&id);
    let mut bits =
        server.roles.iter().filter(|role| held(role.id)).fold(0, |all, role| all | role.permissions.0);
    if bits & ADMINISTRATOR != 0 || server.owner_id.0 == me {
        return u64::MAX;
    }
    let steps: [&dyn Fn(u8, Id) -> bool; 3] = [
        &|kind, id| kind == 0 && id == everyone,
        &|kind, id| kind == 0 && id != everyone && held(id),
        &|kind, id| kind == 1 && id.0 == me,
    ];
    for of_step in steps {
        let rules = channel.overwrites.iter().filter(|one| of_step(one.kind, one.id));
        let (allow, deny) = rules.fold((0, 0), |(allow, deny), one| (allow | one.allow.0, deny | one.deny.0));
        bits = bits & !deny | allow;
    }
    bits
}

fn missing(bits: u64) -> Vec<&'static str> {
    NEEDED.iter().filter(|(bit, _)| bits & bit == 0).map(|(_, name)| *name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ALL: u64 = 1 << 10 | 1 << 11 | 1 << 14 | 1 << 15 | 1 << 16;

    #[track_caller]
    fn check(everyone: u64, role: u64, overwrites: serde_json::Value, expected: &[&str]) {
        let server = json!({"id": "1", "owner_id": "9", "roles": [
            {"id": "1", "permissions": everyone.to_string()}, {"id": "2", "permissions": role.to_string()},
        ]});
        let channel = json!({"type": 0, "parent_id": null, "permission_overwrites": overwrites});
        let (server, channel) =
            (serde_json::from_value(server).unwrap(), serde_json::from_value(channel).unwrap());
        assert_eq!(missing(permissions(&server, &channel, (7, &[Id(2)]))), expected);
    }

    #[test]
    fn what_the_bot_lacks_is_named_as_on_discords_pages() {
        let rule = |id: &str, kind: u8, allow: u64, deny: u64| json!({"id": id, "type": kind, "allow": allow.to_string(), "deny": deny.to_string()});
        check(ALL, 0, json!([]), &[]);
        check(ALL & !(1 << 14), 0, json!([]), &["Embed Links"]);
        check(ALL, 0, json!([rule("1", 0, 0, 1 << 10)]), &["View Channel"]);
        check(ALL, 0, json!([rule("1", 0, 0, 1 << 10), rule("2", 0, 1 << 10, 0)]), &[]);
        check(ALL, 0, json!([rule("3", 0, 0, ALL)]), &[]);
        check(0, ALL, json!([rule("7", 1, 0, 1 << 11)]), &["Send Messages"]);
        check(0, ADMINISTRATOR, json!([rule("1", 0, 0, ALL)]), &[]);
    }
}
