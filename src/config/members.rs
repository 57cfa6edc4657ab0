//! Who the members of the chat server are to etsm: `[access]`, with its list of roles and its table of people.

use std::collections::BTreeMap;
use std::str::FromStr;

use toml::de::{DeTable, DeValue};

use crate::domain::Claim;
use crate::domain::Person;
use crate::domain::Role;
use crate::domain::Scope;

use super::gather::nearest;
use super::list_reader::{ListReader, Value};
use super::mistake::Mistake;

/// The parts of `[access]` that are read here; they are no plain settings.
pub(super) const LISTS: &[&str] = &["access.roles", "access.people"];

const ROLE_KEYS: &[&str] = &["id", "role", "owner", "tags"];
/// The owner that stands for whoever asks.
const ME: &str = "me";

/// What members of the server may do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemberRules {
    /// Roles of the server that are something to etsm.
    pub roles: Vec<MemberRole>,
    /// What members may do who have none of these roles; `None` is nothing.
    pub others: Option<Role>,
    /// Whether Discord's permission Administrator makes an admin.
    pub administrators: bool,
    /// What members are called here, by the id of their user.
    pub people: BTreeMap<u64, Person>,
}

/// A role of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberRole {
    /// Its id.
    pub id: u64,
    /// What it gives.
    pub role: Role,
    /// On which accounts.
    pub accounts: Scope,
    /// Also on the accounts that the member looks after.
    pub own: bool,
}

/// The lists as they stand in a file.
#[derive(Debug, Default)]
pub(super) struct Lists {
    pub(super) roles: Option<Vec<MemberRole>>,
    pub(super) people: Option<BTreeMap<u64, Person>>,
}

/// Reads the lists of a file; each mistake with its line.
pub(super) fn read(file: &str, text: &str, root: &DeTable<'_>, mistakes: &mut Vec<Mistake>) -> Lists {
    let mut reader = ListReader { file, text, mistakes };
    let Some(access) = root.get("access").and_then(|value| value.get_ref().as_table()) else {
        return Lists::default();
    };
    let roles = access.get("roles").map(|value| reader.roles(value));
    let people = access.get("people").map(|value| reader.people(value));
    Lists { roles, people }
}

impl ListReader<'_> {
    fn roles(&mut self, given: &Value<'_>) -> Vec<MemberRole> {
        let Some(list) = given.get_ref().as_array() else {
            self.wrong(
                given.span().start,
                "access.roles",
                "must be a list; write each role under [[access.roles]]",
            );
            return Vec::new();
        };
        let mut roles: Vec<MemberRole> = Vec::new();
        for item in list.iter() {
            let at = item.span().start;
            let Some(role) = self.role(item) else { continue };
            if roles.iter().any(|other| other.id == role.id) {
                let message =
                    format!("stands here twice with {}; write all that a role gives into one", role.id);
                self.wrong(at, "access.roles.id", message);
            }
            roles.push(role);
        }
        roles
    }

    fn role(&mut self, item: &Value<'_>) -> Option<MemberRole> {
        let at = item.span().start;
        let Some(table) = item.get_ref().as_table() else {
            self.wrong(at, "access.roles", "must be a table; write each role under [[access.roles]]");
            return None;
        };
        for (key, _) in table {
            if !ROLE_KEYS.contains(&key.get_ref().as_ref()) {
                let hint = nearest(key.get_ref(), ROLE_KEYS.iter().copied());
                self.wrong(
                    key.span().start,
                    &format!("access.roles.{}", key.get_ref()),
                    format!("is not a setting{hint}"),
                );
            }
        }
        let id = self.needed(table, at, "id", "the id of a role of the server", snowflake);
        let role = self.needed(table, at, "role", "viewer, manager or admin", Role::from_str);
        let owner = table.get("owner").map(|value| self.text_of(value, "access.roles.owner", owner));
        let tags = table.get("tags").map(|value| self.tags(value));
        let own = matches!(owner, Some(Some(None)));
        let named = owner.clone().flatten().flatten().map(|person| Claim::owner(&person));
        let accounts = match (&owner, &tags) {
            (None, None) => Scope::All,
            _ => named.into_iter().chain(tags.into_iter().flatten()).collect(),
        };
        Some(MemberRole { id: id?, role: role?, accounts, own })
    }

    fn tags(&mut self, given: &Value<'_>) -> Vec<Claim> {
        let key = "access.roles.tags";
        let list = given.get_ref().as_array().map(|list| list.iter().collect::<Vec<_>>()).unwrap_or_default();
        if list.is_empty() {
            self.wrong(given.span().start, key, "must be a list of tags, such as [\"emea\", \"pilot\"]");
        }
        let filled = |text: &str| {
            if text.trim().is_empty() { Err("is empty".to_owned()) } else { Ok(Claim::tag(text)) }
        };
        list.into_iter().filter_map(|tag| self.text_of(tag, key, filled)).collect()
    }

    fn people(&mut self, given: &Value<'_>) -> BTreeMap<u64, Person> {
        let Some(table) = given.get_ref().as_table() else {
            self.wrong(given.span().start, "access.people", "must be a table of user ids and names");
            return BTreeMap::new();
        };
        let mut people = BTreeMap::new();
        for (key, value) in table {
            let name = format!("access.people.{}", key.get_ref());
            let id = snowflake(key.get_ref()).map_err(|message| self.wrong(key.span().start, &name, message));
            let person = self.text_of(value, &name, |text| {
                Person::new(text).map_err(|bad| format!("is not a name: {bad}"))
            });
            if let (Ok(id), Some(person)) = (id, person) {
                people.insert(id, person);
            }
        }
        people
    }

    fn needed<T>(
        &mut self,
        table: &DeTable<'_>,
        at: usize,
        key: &str,
        what: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let name = format!("access.roles.{key}");
        let Some(value) = table.get(key) else {
            self.wrong(at, &name, format!("is missing; give {what}"));
            return None;
        };
        self.text_of(value, &name, parse)
    }

    /// A text, or a whole number taken as one.
    fn text_of<T>(
        &mut self,
        value: &Value<'_>,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let text = match value.get_ref() {
            DeValue::String(text) => text.to_string(),
            DeValue::Integer(number) => number.to_string(),
            DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_)
            | DeValue::Table(_) => {
                self.wrong(value.span().start, key, "must be a text");
                return None;
            }
        };
        parse(&text).map_err(|message| self.wrong(value.span().start, key, message)).ok()
    }
}

/// An id of Discord.
pub(super) fn snowflake(text: &str) -> Result<u64, String> {
    text.parse()
        .ok()
        .filter(|id| *id > 0)
        .ok_or_else(|| format!("“{text}” is not an id of Discord: digits only"))
}

/// A person; `None` is whoever asks.
fn owner(text: &str) -> Result<Option<Person>, String> {
    match text.trim() {
        ME => Ok(None),
        name => Person::new(name)
            .map(Some)
            .map_err(|bad| format!("is not a name: {bad}; write “{ME}” or a person")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Lists, Vec<String>) {
        let mut mistakes = Vec::new();
        let lists = super::read("etsm.toml", text, DeTable::parse(text).unwrap().get_ref(), &mut mistakes);
        (lists, mistakes.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_role_holds_all_accounts_or_what_it_names() {
        let (lists, mistakes) = read(
            "[[access.roles]]\nid = \"5\"\nrole = \"viewer\"\n\
             [[access.roles]]\nid = 6\nrole = \"manager\"\nowner = \"me\"\n\
             [[access.roles]]\nid = \"7\"\nrole = \"admin\"\nowner = \"Dana\"\ntags = [\"EMEA\"]\n\
             [access.people]\n77 = \"dana\"\n",
        );
        assert!(mistakes.is_empty(), "{mistakes:?}");
        let either = [Claim::Owner("dana".into()), Claim::Tag("emea".into())].into_iter().collect();
        let role = |id, role, accounts, own| MemberRole { id, role, accounts, own };
        assert_eq!(
            lists.roles.unwrap(),
            [
                role(5, Role::Viewer, Scope::All, false),
                role(6, Role::Manager, Scope::none(), true),
                role(7, Role::Admin, either, false)
            ]
        );
        assert_eq!(lists.people.unwrap()[&77].as_str(), "dana");
    }

    #[test]
    fn every_mistake_is_told_with_its_line() {
        let (_, mistakes) = read(
            "[[access.roles]]\nid = \"five\"\nrole = \"boss\"\nowners = \"me\"\ntags = []\n\
             [[access.roles]]\ntags = \"emea\"\nowner = \"\"\n\
             [[access.roles]]\nid = 6\nrole = \"viewer\"\n[[access.roles]]\nid = 6\nrole = \"viewer\"\n\
             [access.people]\ndana = \"77\"\n78 = true\n",
        );
        insta::assert_snapshot!(mistakes.join("\n"), @r#"
        etsm.toml:4 access.roles.owners: is not a setting; did you mean “owner”?
        etsm.toml:2 access.roles.id: “five” is not an id of Discord: digits only
        etsm.toml:3 access.roles.role: “boss” is not a role; use viewer, manager, admin
        etsm.toml:5 access.roles.tags: must be a list of tags, such as ["emea", "pilot"]
        etsm.toml:6 access.roles.id: is missing; give the id of a role of the server
        etsm.toml:6 access.roles.role: is missing; give viewer, manager or admin
        etsm.toml:8 access.roles.owner: is not a name: it is empty; write “me” or a person
        etsm.toml:7 access.roles.tags: must be a list of tags, such as ["emea", "pilot"]
        etsm.toml:12 access.roles.id: stands here twice with 6; write all that a role gives into one
        etsm.toml:17 access.people.78: must be a text
        etsm.toml:16 access.people.dana: “dana” is not an id of Discord: digits only
        "#);
    }

    #[test]
    fn an_odd_list_never_widens_what_is_seen() {
        let (lists, _) = read("[[access.roles]]\nid = 6\nrole = \"viewer\"\ntags = \"emea\"\n");
        assert_eq!(lists.roles.unwrap()[0].accounts, Scope::none());
    }
}
