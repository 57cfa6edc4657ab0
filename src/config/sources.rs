//! Where usage is asked for: `[sources.anthropic]`, with the table of whose usage belongs to which account.

use std::collections::BTreeMap;
use std::str::FromStr;

use secrecy::ExposeSecret;
use secrecy::SecretString;
use toml::de::DeTable;

use crate::domain::AccountId;
use crate::domain::SourceId;
use crate::domain::Stretch;

use super::ai;
use super::gather::Gathered;
use super::list_reader::{ListReader, Texts};
use super::mistake::Mistake;
use super::settings::parsed;
use super::trust::Trust;

/// The part that is read here; it is no plain setting.
pub(super) const LIST: &str = "sources.anthropic.accounts";
const KEYS: &[&str] =
    &["account", "workspace", "workspace_name", "tag", "user_profile", "api_key", "organization"];
/// The far side groups by five things at most, and three of them are always needed.
const DETAILS_MAX: usize = 2;
/// It is asked no more often: the far side's own figures are five minutes old.
const EVERY_MIN: Stretch = Stretch::minutes(5);
/// The longest history that the far side has.
const HISTORY_MAX: Stretch = Stretch::days(364);

/// Usage and cost of an organisation at Anthropic.
#[derive(Debug, Clone)]
pub struct AnthropicSource {
    /// A key that may read usage and cost.
    pub key: SecretString,
    /// Where the API is, without a slash at the end.
    pub base_url: String,
    /// Value of the header `anthropic-version`.
    pub version: String,
    /// Whom calls trust.
    pub trust: Trust,
    /// What its usage is called here.
    pub name: SourceId,
    /// How often it is asked.
    pub every: Stretch,
    /// How far back it is asked the first time.
    pub history: Stretch,
    /// How much of the past is asked for again each time, because late usage comes into old hours.
    pub overlap: Stretch,
    /// Which of its reports are read.
    pub reports: Reports,
    /// What an endpoint is.
    pub endpoint: EndpointBy,
    /// The tag of a workspace that holds the account's id; none when empty.
    pub account_tag: String,
    /// Whose usage belongs to which account; the first one that fits decides.
    pub accounts: Vec<AccountRule>,
}

/// Which reports are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reports {
    /// The analytics; the older ones while those are not to be had.
    Auto,
    /// The analytics alone.
    Analytics,
    /// The older ones alone, which tell no calls.
    Older,
}

/// What an endpoint is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndpointBy {
    /// The product, as `messages_api`.
    Product,
    /// The model.
    Model,
}

/// Whose usage belongs to an account: all that is named must be so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRule {
    /// The account.
    pub account: AccountId,
    /// A workspace by its id.
    pub workspace: Option<String>,
    /// A workspace by its name; a `*` at the end stands for anything.
    pub workspace_name: Option<String>,
    /// A workspace by a tag: name and value.
    pub tag: Option<(String, String)>,
    /// A user profile by its id.
    pub user_profile: Option<String>,
    /// A key by its id.
    pub api_key: Option<String>,
    /// An organisation by its id.
    pub organization: Option<String>,
}

/// Whose usage it is, as far as the far side tells.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Holder {
    /// The workspace.
    pub workspace: Option<String>,
    /// What it is called.
    pub workspace_name: Option<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// The user profile.
    pub user_profile: Option<String>,
    /// The key.
    pub api_key: Option<String>,
    /// The organisation.
    pub organization: Option<String>,
}

impl AccountRule {
    /// Whether it is about this usage.
    #[must_use]
    pub fn fits(&self, holder: &Holder) -> bool {
        let same = |wanted: &Option<String>, given: &Option<String>| wanted.is_none() || wanted == given;
        let named = self.workspace_name.as_deref().is_none_or(|pattern| {
            holder.workspace_name.as_deref().is_some_and(|name| match pattern.strip_suffix('*') {
                Some(beginning) => name.starts_with(beginning),
                None => name == pattern,
            })
        });
        let tagged = self.tag.as_ref().is_none_or(|(name, value)| holder.tags.get(name) == Some(value));
        named
            && tagged
            && same(&self.workspace, &holder.workspace)
            && same(&self.user_profile, &holder.user_profile)
            && same(&self.api_key, &holder.api_key)
            && same(&self.organization, &holder.organization)
    }
}

impl AnthropicSource {
    /// The account that usage belongs to: by the first rule that fits, else by the tag of the workspace.
    #[must_use]
    pub fn account_of(&self, holder: &Holder) -> Option<AccountId> {
        let by_rule = self.accounts.iter().find(|rule| rule.fits(holder)).map(|rule| rule.account.clone());
        by_rule.or_else(|| AccountId::new(holder.tags.get(&self.account_tag)?).ok())
    }

    /// Whether names and tags of workspaces decide anything; where there are no rules, people want to read the names.
    #[must_use]
    pub fn reads_workspaces(&self) -> bool {
        let named = |rule: &AccountRule| rule.workspace_name.is_some() || rule.tag.is_some();
        self.accounts.is_empty() || !self.account_tag.is_empty() || self.accounts.iter().any(named)
    }
}

/// The source, when there is a key for it.
pub(super) fn read(all: &mut Gathered, trust: &Trust) -> Option<AnthropicSource> {
    let accounts = all.account_rules.take().unwrap_or_default();
    let at_least = |least: Stretch, most: Stretch| {
        move |text: &str| {
            let given = Stretch::from_str(text)?;
            let fits = (least..=most).contains(&given);
            if fits { Ok(given) } else { Err(format!("“{text}” must be from {least} to {most}")) }
        }
    };
    let day = Stretch::days(1);
    let source = AnthropicSource {
        key: SecretString::from(all.get("sources.anthropic.admin_key").text),
        base_url: parsed(all, "ai.base_url", String::new(), |text| Ok(text.trim_end_matches('/').to_owned())),
        version: all.get("ai.version").text,
        trust: trust.clone(),
        name: parsed(all, "sources.anthropic.name", default_name(), |text| {
            SourceId::new(text).map_err(|bad| format!("is not a name: {bad}"))
        }),
        every: parsed(all, "sources.anthropic.every", day, at_least(EVERY_MIN, day)),
        history: parsed(all, "sources.anthropic.history", day, at_least(day, HISTORY_MAX)),
        overlap: parsed(all, "sources.anthropic.overlap", day, at_least(day, Stretch::days(14))),
        reports: parsed(all, "sources.anthropic.reports", Reports::Auto, reports),
        endpoint: parsed(all, "sources.anthropic.endpoint", EndpointBy::Product, endpoint),
        account_tag: all.get("sources.anthropic.account_tag").text,
        accounts,
    };
    let key = source.key.expose_secret();
    ai::check_key(all, "sources.anthropic.admin_key", key);
    (!key.is_empty()).then_some(source)
}

fn default_name() -> SourceId {
    SourceId::new("anthropic").expect("the word is a name")
}

fn reports(text: &str) -> Result<Reports, String> {
    match text {
        "auto" => Ok(Reports::Auto),
        "analytics" => Ok(Reports::Analytics),
        "older" => Ok(Reports::Older),
        _ => Err(format!("“{text}” must be auto, analytics or older")),
    }
}

fn endpoint(text: &str) -> Result<EndpointBy, String> {
    match text {
        "product" => Ok(EndpointBy::Product),
        "model" => Ok(EndpointBy::Model),
        _ => Err(format!("“{text}” must be product or model")),
    }
}

/// Reads the list of a file, each mistake with its line; `None` when the file has none.
pub(super) fn read_rules(
    file: &str,
    text: &str,
    root: &DeTable<'_>,
    mistakes: &mut Vec<Mistake>,
) -> Option<Vec<AccountRule>> {
    let sources = root.get("sources")?.get_ref().as_table()?;
    let given = sources.get("anthropic")?.get_ref().as_table()?.get("accounts")?;
    let mut reader = ListReader { file, text, mistakes };
    let at = given.span().start;
    let items = reader.tables(given, LIST, KEYS);
    let rules: Vec<AccountRule> =
        items.into_iter().filter_map(|(at, texts)| reader.account_rule(at, texts)).collect();
    let details = [
        rules.iter().any(|rule| rule.user_profile.is_some()),
        rules.iter().any(|rule| rule.api_key.is_some()),
        rules.iter().any(|rule| rule.organization.is_some()),
    ];
    if details.into_iter().filter(|used| *used).count() > DETAILS_MAX {
        let message = "tell apart by two of user_profile, api_key and organization at most: \
                       more cannot be asked for at once";
        reader.wrong(at, LIST, message);
    }
    Some(rules)
}

impl ListReader<'_> {
    fn account_rule(&mut self, at: usize, mut given: Texts) -> Option<AccountRule> {
        let Some((place, account)) = given.remove("account") else {
            self.wrong(at, &format!("{LIST}.account"), "is missing; name the account");
            return None;
        };
        let account = AccountId::new(&account)
            .map_err(|bad| self.wrong(place, &format!("{LIST}.account"), format!("is not an id: {bad}")));
        if given.is_empty() {
            self.wrong(at, LIST, "fits everything; say whose usage it is, as workspace = \"wrkspc_…\"");
            return None;
        }
        let tag = given.remove("tag").map(|(place, text)| {
            let parts = text.split_once('=').map(|(name, value)| (name.trim().into(), value.trim().into()));
            parts.ok_or_else(|| self.wrong(place, &format!("{LIST}.tag"), "must be written as name=value"))
        });
        let mut text = |key: &str| given.remove(key).map(|(_, text)| text);
        Some(AccountRule {
            account: account.ok()?,
            workspace: text("workspace"),
            workspace_name: text("workspace_name"),
            tag: tag.transpose().ok()?,
            user_profile: text("user_profile"),
            api_key: text("api_key"),
            organization: text("organization"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Environment;
    use crate::config::Settings;

    fn load(file: &str) -> Result<Settings, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("etsm.toml");
        std::fs::write(&path, file).unwrap();
        let place = path.display().to_string();
        let environment = Environment::of([("ETSM_ANTHROPIC_ADMIN_KEY", "sk-ant-admin01-secret")]);
        Settings::load(Some(&path), &environment).map_err(|mistakes| {
            let lines: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
            lines.join("\n").replace(&place, "etsm.toml")
        })
    }

    fn of(workspace: &str, name: &str, tags: &[(&str, &str)], key: &str) -> Holder {
        Holder {
            workspace: Some(workspace.into()),
            workspace_name: Some(name.into()),
            tags: tags.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
            api_key: Some(key.into()),
            ..Holder::default()
        }
    }

    #[test]
    fn a_key_alone_is_enough_and_never_prints() {
        let settings = load("").unwrap();
        let source = settings.anthropic_source.clone().unwrap();
        assert_eq!((source.name.as_str(), source.every.to_string().as_str()), ("anthropic", "20m"));
        assert_eq!(source.base_url, "https://api.anthropic.com");
        assert!(!format!("{settings:?}").contains("admin01"));
    }

    #[test]
    fn the_first_rule_that_fits_decides_and_then_the_tag() {
        let source = load(
            "[[sources.anthropic.accounts]]\naccount = \"acme-batch\"\nworkspace = \"wrkspc_1\"\napi_key = \"apikey_9\"\n\
             [[sources.anthropic.accounts]]\naccount = \"acme\"\nworkspace = \"wrkspc_1\"\n\
             [[sources.anthropic.accounts]]\naccount = \"globex\"\nworkspace_name = \"Globex *\"\n\
             [[sources.anthropic.accounts]]\naccount = \"emea\"\ntag = \"region = emea\"\n",
        )
        .unwrap()
        .anthropic_source
        .unwrap();
        let account = |holder| source.account_of(&holder).map(|account| account.to_string());
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(account(of("wrkspc_1", "x", &[], "apikey_9")), some("acme-batch"));
        assert_eq!(account(of("wrkspc_1", "x", &[("region", "emea")], "apikey_1")), some("acme"));
        assert_eq!(account(of("wrkspc_2", "Globex Production", &[], "k")), some("globex"));
        assert_eq!(account(of("wrkspc_3", "y", &[("region", "emea")], "k")), some("emea"));
        assert_eq!(account(of("wrkspc_4", "y", &[("etsm_account", "hooli")], "k")), some("hooli"));
        assert_eq!(account(of("wrkspc_4", "y", &[("etsm_account", "no id")], "k")), None);
        assert_eq!(account(of("wrkspc_5", "Globe", &[], "k")), None);
    }

    #[test]
    fn mistakes_say_what_would_be_right() {
        let wrong = load(
            "[sources.anthropic]\nevery = \"1m\"\nhistory = \"2000d\"\nreports = \"old\"\nendpoint = \"path\"\n\
             [[sources.anthropic.accounts]]\naccount = \"a b\"\nworkspace = \"w\"\n\
             [[sources.anthropic.accounts]]\naccount = \"a\"\n\
             [[sources.anthropic.accounts]]\nworkspaces = \"w\"\ntag = \"emea\"\n\
             [[sources.anthropic.accounts]]\naccount = \"b\"\nuser_profile = \"u\"\napi_key = \"k\"\norganization = \"o\"\n",
        );
        insta::assert_snapshot!(wrong.unwrap_err());
    }
}
