//! An interaction, read out of Discord's form into ours.

use serenity::model::application::ActionRowComponent;
use serenity::model::application::CommandData;
use serenity::model::application::CommandDataOption;
use serenity::model::application::CommandDataOptionValue;
use serenity::model::application::ComponentInteractionDataKind;
use serenity::model::application::Interaction;
use serenity::model::application::MessageInteractionMetadata;
use serenity::model::application::ModalInteractionData;
use serenity::model::application::ResolvedTarget;
use serenity::model::channel::Message;
use serenity::model::channel::MessageFlags;
use serenity::model::guild::Member as GuildMember;
use serenity::model::id::UserId;
use serenity::model::permissions::Permissions;
use serenity::model::user::User;
use tokio::time::Instant;

use crate::access::Member;
use crate::domain::Person;
use crate::render;

use super::door::Responder;

/// Characters of a message that a note quotes; who wrote it and where must fit into the field, too.
const QUOTED_CHARS_MAX: usize = 3_700;

/// What came in, and how it is answered.
pub(super) struct Inbound {
    /// Its id; the same when it is delivered twice.
    pub(super) id: u64,
    /// Answers go under this token for 15 minutes.
    pub(super) token: String,
    /// Our application.
    pub(super) application: u64,
    /// Where it was sent; `None` in a direct message.
    pub(super) guild: Option<u64>,
    /// In which channel.
    pub(super) channel: u64,
    /// Whether we may write there by ourselves, as Discord tells with each interaction.
    pub(super) may_post: bool,
    /// Who sent it, with the rights of just now: those of whoever pressed, not of whoever asked first.
    pub(super) member: Member,
    /// Whether the message whose button was pressed is for that person alone.
    pub(super) unseen: bool,
    /// When it was received.
    pub(super) received: Instant,
    /// What is wanted.
    pub(super) wish: Wish,
    /// Takes the first response when it came over HTTP; else that goes over REST.
    pub(super) responder: Option<Responder>,
}

/// What someone wants.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// A command was sent.
    Command(Call),
    /// An option is being typed.
    Complete {
        /// The command so far, with its other options.
        call: Call,
        /// The option under the cursor.
        option: String,
        /// Its text so far.
        typed: String,
    },
    /// A button was pressed, or an option of a select was chosen.
    Press {
        /// What we wrote into the button or the option.
        custom_id: String,
        /// Whether who pressed is who asked for the message.
        own: bool,
    },
    /// A form was sent.
    Submit {
        /// What we wrote into the form.
        custom_id: String,
        /// The fields by name, as they were filled in.
        fields: Vec<(String, String)>,
    },
}

/// A command with its options, as they were typed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Call {
    /// `usage`, or `initiative list`.
    pub(super) command: String,
    /// By name.
    pub(super) options: Vec<(String, String)>,
}

impl Inbound {
    /// Reads an interaction; `None` for a ping, which asks nothing.
    pub(super) fn read(interaction: Interaction, received: Instant) -> Option<Self> {
        let (id, application) = (interaction.id().get(), interaction.application_id().get());
        let guild = interaction.guild_id().map(|guild| guild.get());
        let may_post = may_post(&interaction);
        let mut unseen = false;
        let (token, channel, member, wish) = match interaction {
            Interaction::Command(command) => {
                let member = member(&command.user, command.member.as_deref());
                let called = noted(&command.data, guild).unwrap_or_else(|| call(&command.data).0);
                (command.token, command.channel_id, member, Wish::Command(called))
            }
            Interaction::Autocomplete(command) => {
                let (call, focused) = call(&command.data);
                let (option, typed) = focused.unwrap_or_default();
                let member = member(&command.user, command.member.as_deref());
                (command.token, command.channel_id, member, Wish::Complete { call, option, typed })
            }
            Interaction::Component(press) => {
                let own = asked_for(&press.message) == Some(press.user.id);
                unseen = press.message.flags.is_some_and(|flags| flags.contains(MessageFlags::EPHEMERAL));
                let member = member(&press.user, press.member.as_ref());
                let custom_id = match press.data.kind {
                    ComponentInteractionDataKind::StringSelect { values } => {
                        values.into_iter().next().unwrap_or_default()
                    }
                    _ => press.data.custom_id,
                };
                (press.token, press.channel_id, member, Wish::Press { custom_id, own })
            }
            Interaction::Modal(modal) => {
                let member = member(&modal.user, modal.member.as_ref());
                let fields = fields(&modal.data);
                let wish = Wish::Submit { custom_id: modal.data.custom_id, fields };
                (modal.token, modal.channel_id, member, wish)
            }
            _ => return None,
        };
        let channel = channel.get();
        let responder = None;
        Some(Self {
            id,
            token,
            application,
            guild,
            channel,
            may_post,
            member,
            unseen,
            received,
            wish,
            responder,
        })
    }
}

/// Who someone is in the server. In a direct message nobody has a role.
fn member(user: &User, here: Option<&GuildMember>) -> Member {
    let roles = here.map(|here| here.roles.iter().map(|role| role.get()).collect());
    let permissions = here.and_then(|here| here.permissions).unwrap_or_default();
    Member {
        user: user.id.get(),
        shown: person(user),
        roles: roles.unwrap_or_default(),
        administrator: permissions.administrator(),
    }
}

/// Whether an answer with a picture may be posted beside the interaction.
fn may_post(interaction: &Interaction) -> bool {
    let granted = match interaction {
        Interaction::Command(command) | Interaction::Autocomplete(command) => command.app_permissions,
        Interaction::Component(press) => press.app_permissions,
        Interaction::Modal(modal) => modal.app_permissions,
        _ => None,
    };
    let needed = Permissions::VIEW_CHANNEL
        | Permissions::SEND_MESSAGES
        | Permissions::EMBED_LINKS
        | Permissions::ATTACH_FILES;
    granted.is_some_and(|granted| granted.contains(needed))
}

/// The name that others see, or the user's id when that is no name at all.
fn person(user: &User) -> Person {
    let shown = user.global_name.as_deref().unwrap_or(&user.name);
    Person::new(shown)
        .or_else(|_odd| Person::new(&user.name))
        .or_else(|_odd| Person::new(&format!("user {}", user.id)))
        .expect("a word and digits are a name")
}

/// Who asked for a message; `None` when nobody did, as for a digest.
fn asked_for(message: &Message) -> Option<UserId> {
    match message.interaction_metadata.as_deref()? {
        MessageInteractionMetadata::Command(command) => Some(command.user.id),
        MessageInteractionMetadata::Component(press) => Some(press.user.id),
        MessageInteractionMetadata::ModalSubmit(modal) => Some(modal.user.id),
        _ => None,
    }
}

/// What was written into the fields of a form.
fn fields(data: &ModalInteractionData) -> Vec<(String, String)> {
    let inputs = data.components.iter().flat_map(|row| &row.components);
    let field = |input: &ActionRowComponent| match input {
        ActionRowComponent::InputText(text) => {
            Some((text.custom_id.clone(), text.value.clone().unwrap_or_default()))
        }
        _ => None,
    };
    inputs.filter_map(field).collect()
}

/// The note that the menu of a message asks for: its words, and where it stands.
fn noted(data: &CommandData, guild: Option<u64>) -> Option<Call> {
    let ResolvedTarget::Message(message) = data.target()? else { return None };
    let author = person(&message.author);
    let place = guild.map_or("@me".to_owned(), |guild| guild.to_string());
    let from =
        format!("{author}, https://discord.com/channels/{place}/{}/{}", message.channel_id, message.id);
    let words = render::words::clip(message.content.trim(), QUOTED_CHARS_MAX);
    let text = format!("{words}\n— {from}").trim_start().to_owned();
    Some(Call { command: "note".into(), options: vec![("text".into(), text)] })
}

/// The command with its options, and the option under the cursor when one is being typed.
fn call(data: &CommandData) -> (Call, Option<(String, String)>) {
    let mut call = Call { command: data.name.clone(), options: Vec::new() };
    let mut focused = None;
    let mut options: &[CommandDataOption] = &data.options;
    while let [CommandDataOption { name, value: CommandDataOptionValue::SubCommand(inner), .. }] = options {
        call.command = format!("{} {name}", call.command);
        options = inner;
    }
    for option in options {
        let text = match &option.value {
            CommandDataOptionValue::Autocomplete { value, .. } => {
                focused = Some((option.name.clone(), value.clone()));
                continue;
            }
            CommandDataOptionValue::String(text) => text.clone(),
            CommandDataOptionValue::Boolean(flag) => flag.to_string(),
            CommandDataOptionValue::Integer(number) => number.to_string(),
            CommandDataOptionValue::Number(number) => number.to_string(),
            // We never offer the other kinds; the grammar refuses the empty text in its own words.
            _ => String::new(),
        };
        call.options.push((option.name.clone(), text));
    }
    (call, focused)
}
