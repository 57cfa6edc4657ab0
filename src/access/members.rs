//! What a member of the chat server may do, by the roles that the server gave.

use crate::config::MemberRole;
use crate::config::MemberRules;
use crate::domain::Asker;
use crate::domain::Audience;
use crate::domain::Claim;
use crate::domain::Person;
use crate::domain::Role;
use crate::domain::Scope;
use crate::domain::Way;
use crate::problem::Problem;

/// A member of the server, as the server describes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The id of the user.
    pub user: u64,
    /// The name that others see; chosen by its bearer, so that nothing follows from it.
    pub shown: Person,
    /// Ids of the roles.
    pub roles: Vec<u64>,
    /// Whether the server lets the member do everything.
    pub administrator: bool,
}

/// The member as an asker; refused without any role here.
pub fn admit(rules: &MemberRules, member: &Member, audience: Audience, way: Way) -> Result<Asker, Problem> {
    let known = rules.people.get(&member.user);
    let refused = || Problem::NotAllowed {
        message: "None of your roles in this server lets you ask me. Ask an admin of etsm for one.".into(),
    };
    let Rights { role, sees, changes } = rights(rules, member, known).ok_or_else(refused)?;
    Ok(Asker { person: known.unwrap_or(&member.shown).clone(), role, sees, changes, audience, way })
}

/// Which accounts a member may know of.
#[must_use]
pub fn sees(rules: &MemberRules, member: &Member) -> Scope {
    rights(rules, member, rules.people.get(&member.user)).map_or_else(Scope::none, |rights| rights.sees)
}

/// Which accounts every bearer of a role may know of, whoever it is; `None` for a role that is nothing here.
#[must_use]
pub fn bearers_see(rules: &MemberRules, role: u64) -> Option<&Scope> {
    rules.roles.iter().find(|one| one.id == role).map(|one| &one.accounts)
}

/// Which accounts every member without a listed role may know of.
#[must_use]
pub fn others_see(rules: &MemberRules) -> Scope {
    rules.others.map_or_else(Scope::none, |_any| Scope::All)
}

/// Whether every member may know of all accounts, so that no channel has to be looked at.
#[must_use]
pub fn all_see_all(rules: &MemberRules) -> bool {
    rules.others.is_some() && rules.roles.iter().all(|role| role.accounts == Scope::All)
}

struct Rights {
    role: Role,
    sees: Scope,
    changes: Scope,
}

fn rights(rules: &MemberRules, member: &Member, known: Option<&Person>) -> Option<Rights> {
    if rules.administrators && member.administrator {
        return Some(Rights { role: Role::Admin, sees: Scope::All, changes: Scope::All });
    }
    let held = rules.roles.iter().filter(|role| member.roles.contains(&role.id));
    let mut given: Vec<(Role, Scope)> = held.map(|role| (role.role, accounts(role, known))).collect();
    if given.is_empty() {
        given.extend(rules.others.map(|role| (role, Scope::All)));
    }
    let role = given.iter().map(|(role, _)| *role).max()?;
    // Who may look at everything and write about some may not write about everything.
    let union = |least: Role| {
        let fitting = given.iter().filter(|(role, _)| *role >= least);
        fitting.fold(Scope::none(), |all, (_, accounts)| all.or(accounts.clone()))
    };
    Some(Rights { role, sees: union(Role::Viewer), changes: union(Role::Manager) })
}

fn accounts(role: &MemberRole, known: Option<&Person>) -> Scope {
    let own = known.filter(|_| role.own).map(Claim::owner);
    role.accounts.clone().or(own.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Account;
    use crate::domain::How;

    fn rules() -> MemberRules {
        let role = |id, role, accounts, own| MemberRole { id, role, accounts, own };
        let emea: Scope = [Claim::tag("emea")].into_iter().collect();
        MemberRules {
            roles: vec![
                role(1, Role::Viewer, Scope::All, false),
                role(2, Role::Manager, Scope::none(), true),
                role(3, Role::Manager, emea, false),
            ],
            others: None,
            administrators: false,
            people: [(77, "dana".parse().unwrap())].into(),
        }
    }

    fn member(user: u64, roles: &[u64]) -> Member {
        Member { user, shown: "dana".parse().unwrap(), roles: roles.to_vec(), administrator: false }
    }

    fn account(owner: &str, tag: &str) -> Account {
        let mut account = Account::discovered("acme".parse().unwrap(), "Acme");
        account.owner = Some(owner.parse().unwrap());
        account.tags = vec![tag.into()];
        account
    }

    fn admitted(rules: &MemberRules, member: &Member) -> Option<Asker> {
        admit(rules, member, Audience::AskerOnly, How::Web.into()).ok()
    }

    #[test]
    fn several_roles_give_what_each_of_them_gives_and_no_more() {
        let (hers, there, other) = (account("Dana", ""), account("mei", "EMEA"), account("mei", "apac"));
        let dana = admitted(&rules(), &member(77, &[1, 2, 9])).unwrap();
        assert_eq!(dana.role, Role::Manager);
        assert_eq!([&hers, &there, &other].map(|one| dana.sees.holds(one)), [true; 3]);
        assert_eq!([&hers, &there, &other].map(|one| dana.changes.holds(one)), [true, false, false]);
        let both = admitted(&rules(), &member(77, &[2, 3])).unwrap();
        assert_eq!([&hers, &there, &other].map(|one| both.sees.holds(one)), [true, true, false]);
    }

    #[test]
    fn a_shown_name_makes_nobody_an_owner() {
        let pretender = admitted(&rules(), &member(5, &[2])).unwrap();
        assert_eq!((pretender.person.as_str(), pretender.sees), ("dana", Scope::none()));
    }

    #[test]
    fn without_a_listed_role_others_holds() {
        let mut rules = rules();
        assert_eq!(admitted(&rules, &member(5, &[9])), None);
        rules.others = Some(Role::Viewer);
        let asker = admitted(&rules, &member(5, &[9])).unwrap();
        assert_eq!((asker.role, asker.sees, asker.changes), (Role::Viewer, Scope::All, Scope::none()));
    }

    #[test]
    fn the_servers_administrators_are_admins_only_when_it_is_said() {
        let mut rules = rules();
        let owner = Member { administrator: true, ..member(5, &[]) };
        assert_eq!(admitted(&rules, &owner), None);
        rules.administrators = true;
        assert_eq!(admitted(&rules, &owner).unwrap().role, Role::Admin);
    }

    #[test]
    fn where_all_see_all_no_channel_matters() {
        let mut rules = rules();
        assert!(!all_see_all(&rules));
        rules.others = Some(Role::Viewer);
        assert!(!all_see_all(&rules));
        rules.roles.truncate(1);
        assert!(all_see_all(&rules));
    }
}
