/** Customers: asked of the hub each time, and never written to this device. */
import { PATHS } from "../../protocol/hub";
import { subject as subjectDecoder, subjectsFound } from "../../protocol/reports";
import type { CustomerActions } from "../contract/actions";
import type { Customer } from "../contract/people";
import type { Desk } from "../desk";
import { asking, no } from "../outcomes";

type WireSubject = ReturnType<typeof subjectDecoder>;

function customer({ subject, details }: WireSubject): Customer {
  const { name, email, phone, card, notes } = details;
  return { subject, name, email, phone, card, note: notes, priceGroup: null };
}

export function customerActions(desk: Desk): CustomerActions {
  const api = () => {
    if (desk.api === null) throw new Error("nothing is asked before the till is paired");
    return desk.api;
  };
  return {
    find: (search) => {
      const words = Object.values(search).join("").trim();
      if (words === "") return Promise.resolve(no("HF-WEB-042"));
      return asking(async () => (await api().post(subjectsFound, PATHS.subjectSearch, search)).subjects.map(customer));
    },
    read: (subject) => asking(async () => customer(await api().get(subjectDecoder, `${PATHS.subjects}/${subject}`))),
    save: (subject, details) => asking(async () => {
      // The till mints the id of whoever is new, so that the same question asked again is the same person.
      const id = subject ?? desk.mint();
      const { name, email, phone, card, note } = details;
      await api().put(`${PATHS.subjects}/${id}`, { name, email, phone, notes: note, card });
      return { subject: id, name, email, phone, card, note, priceGroup: null };
    }),
  };
}
