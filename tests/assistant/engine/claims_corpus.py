"""What assistants write: claims that something was done, and sentences that only look like one.

Written before the patterns of `assistant/engine/grammars.py` were read, and split by a checksum into a half that they may be
improved on and a half that only measures them. One example a line: its acts (`-` for none), a colon, the text;
`⏎` is a line break. A promise of something nobody has set going ("you'll receive an e-mail shortly") counts as a claim.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Example:
    language: str
    text: str
    acts: frozenset[str]

    @property
    def held_out(self) -> bool:
        return zlib.crc32(self.text.encode()) % 2 == 1


ENGLISH = """
booked: I've booked your appointment for Tuesday, 8 January at 10:00.
booked: Your appointment is booked for Tuesday at 10 a.m.
booked: Great news! Your appointment has been **successfully booked** for Friday at 14:30.
booked: You're all set for Tuesday at 3 pm! 🎉
booked: All set! See you on Monday at 9:15.
booked: All done – you're booked in with Dr. Weber on Thursday.
booked: I have scheduled your cleaning for March 3rd at 11:00 AM.
booked: Your consultation has been scheduled for next Wednesday at 16:00.
booked: Your reservation is confirmed for 4 people at 7:30 pm.
booked: Your table for two has been reserved under the name Miller.
booked: I went ahead and booked the 10:00 slot for you.
booked: I've gone ahead and reserved a table for you tonight.
booked: Perfect, Anna! Your appointment is now confirmed.
booked: Done! You're booked for Tuesday at 10:00. ✅
booked: **Appointment confirmed** ⏎ - Date: Tuesday, 8 January ⏎ - Time: 10:00
booked: ✅ Booking confirmed! Your reference number is AB-4711.
booked: Sorry for the confusion earlier. Your appointment is now booked for 10:00.
booked: I apologize for the delay! I've just booked you in for 2 pm with Dr. Lee.
booked: I was able to book the 2 pm appointment for you.
booked: I managed to get you in on Thursday at 9:00, so you're booked.
booked: The 10:00 slot on Tuesday is yours!
booked: I just put you down for Thursday at noon.
booked: Thanks, John – I've got you down for 3:15 pm on Friday.
booked: You have been successfully registered for the workshop on 12 May.
booked: Your booking went through; the confirmation number is 88213.
booked: We've reserved a room for you from 3 to 5 June.
booked: Your check-up has been set up for Monday morning at 8.
booked: Your appointment with Dr. Schmidt on the 14th is all booked.
booked: I've added your appointment to our calendar for Tuesday at 10.
booked: Good to go! Your slot at 11:30 has been secured.
booked: Okay, that's booked! Anything else I can help with?
booked: I have confirmed your appointment for tomorrow at 9 am.
booked: Nice choice, and the 4 pm session has been reserved for you.
booked sent: I've booked your visit for 10:00 and sent a confirmation to anna@example.com.
booked sent: Your appointment is confirmed. A confirmation e-mail is on its way.
booked sent: Your appointment has been booked! You'll receive a confirmation email shortly.
cancelled: I've cancelled your appointment on Tuesday.
cancelled: Your appointment has been canceled as requested.
cancelled: No problem – your booking for Friday is now cancelled.
cancelled: Your reservation was successfully cancelled, and no fee applies.
cancelled: I'm sorry to hear that. I have canceled your 3 pm appointment.
cancelled: Done, I removed your Thursday appointment from the calendar.
cancelled: Your subscription has been cancelled with immediate effect.
rescheduled: I've rescheduled your appointment to Thursday at 2 pm.
rescheduled: Your appointment has been moved to Friday, 9:30.
rescheduled: I moved your cleaning from Monday to Wednesday at 8:00.
rescheduled: Your visit is now rescheduled for 15 March at 10:00.
rescheduled: I have changed your appointment to 4 pm as you asked.
rescheduled: Your booking has been postponed to next week, same time.
sent: I've sent you a confirmation email.
sent: I just emailed the details to anna@example.com.
sent: A confirmation e-mail is on its way.
sent: An email with all the details has been sent to your address.
sent: You'll receive a confirmation email shortly with all the details.
sent: You should receive an e-mail in the next few minutes.
sent: A confirmation has been sent to your inbox.
sent: I have forwarded your message to our team.
sent: I've passed your request on to our sales team, and someone will get back to you.
sent: Your message has been sent to the practice. 📨
sent: Your request has been forwarded to our support staff.
sent: I've let Dr. Weber know that you'll be ten minutes late.
sent: I've notified the team about your problem.
sent: Thank you! Your inquiry has been submitted, and we'll reply within a day.
sent: We've emailed you the invoice.
sent: I dropped the team a message with your phone number.
sent: The quote was sent to your email a moment ago.
sent: Your complaint has been passed along to the manager.
done: I've updated your phone number in our system.
done: Your address has been changed to 12 Park Lane.
done: Your order has been placed! The order number is 10024.
done: I have created a support ticket for you: #5821.
done: A ticket has been opened, and your reference is SUP-339.
done: Your refund has been processed and will arrive within 5 days.
done: I've issued a refund of $40 to your card.
done: I've added the extra towels to your order.
done: Your account has been deleted as you requested.
done: I've applied the 10% discount to your cart.
done: Your password has been reset.
done: I've recorded your preference for morning calls.
done: You're now subscribed to our newsletter.
done: I've unsubscribed you from the newsletter.
done: Your delivery address is now updated.
done: I've upgraded your plan to Pro.
-: Tuesday is fully booked, but Wednesday has free slots.
-: Unfortunately all slots on Friday are already booked.
-: Orders are sent within two working days.
-: Confirmation e-mails are sent automatically after each booking.
-: We moved to 14 Market Street in March 2023.
-: Our prices were updated in January.
-: I'm holding 14:00 for you. Please confirm below.
-: I've put 14:00 on hold for you; it becomes an appointment once you confirm.
-: Nothing has been booked yet.
-: Your appointment has not been booked yet. Please confirm with the button below.
-: I haven't sent anything yet.
-: I wasn't able to book the appointment.
-: I couldn't cancel your appointment because I can't find it.
-: Unfortunately, the e-mail could not be sent.
-: Would you like me to book this slot for you?
-: Shall I send the details to your e-mail address?
-: Should I cancel your appointment on Tuesday?
-: I can book an appointment for you. Which day suits you?
-: I'd be happy to reschedule your appointment. When would suit you better?
-: Once your appointment is booked, you will receive a confirmation by e-mail.
-: If you cancel less than 24 hours ahead, a fee of 30 € is charged.
-: After you confirm, I'll send a confirmation to your e-mail address.
-: When your order has been shipped, we will send you a tracking number.
-: Have you already booked an appointment with us?
-: Has your appointment been cancelled by the practice?
-: Did you receive the confirmation e-mail?
-: You mentioned that you booked an appointment last week.
-: You said you sent us an e-mail yesterday. I can't see it from here.
-: Appointments can be booked online or by phone.
-: Appointments cancelled less than a day ahead are charged in full.
-: Bookings must be confirmed within 15 minutes.
-: To cancel your appointment, reply to the confirmation e-mail you received.
-: Please check your spam folder if you haven't received our e-mail.
-: Please confirm your name and e-mail below, and the appointment is yours.
-: To complete the booking, please confirm below.
-: Your appointment is not confirmed until you press Confirm.
-: I don't see any appointment booked under that name.
-: The refund is usually processed within five business days.
-: Refunds are issued to the original payment method.
-: Invoices are emailed at the end of each month.
-: Our dentists have been trained in Zurich and Berlin.
-: The clinic was founded in 1998 and renovated in 2019.
-: The Tuesday course has been cancelled by the organizer, according to our website.
-: Dr. Lee's Monday hours were moved to Wednesday this year.
-: Teeth cleaning is done by our hygienist and takes 45 minutes.
-: Most treatments are done under local anaesthesia.
-: A deposit is required for rooms booked during the season.
-: You can send us an e-mail at info@example.com.
-: You can cancel or change your appointment through the link in your confirmation e-mail.
-: I'm unable to process refunds. Please contact support.
-: I can't say yet whether your order has been shipped.
-: Let me check whether that slot has been taken.
-: I'll look for free times on Tuesday.
-: Here are the free times on Tuesday. Which one should I book?
-: Before I book it: is 10:00 on Tuesday right?
-: Just to confirm, you would like to cancel the appointment on Friday?
-: Which appointment would you like to have moved?
-: I have not changed anything in your account.
-: Your order status is: shipped on 3 May.
-: According to the system, your parcel was sent on Monday.
-: Your order 4711 was delivered yesterday at 14:02.
-: I only claim that something is booked when the system says so.
-: I have noted that you prefer mornings. Which day suits you?
-: Thanks, I've got your name. What is your e-mail address?
-: I've found three free slots for you.
-: I've checked the calendar: Tuesday at 10:00 is free.
-: I've read your message, and I understand that you want a refund.
-: I've sent no e-mail so far; shall I?
-: It seems that the appointment was never booked.
-: No appointment has been cancelled.
-: I need your e-mail address before your appointment can be booked.
-: As soon as the payment has been received, the order is placed.
-: Our team will reply by e-mail within one working day if you write to info@example.com.
-: Saturday is reserved for emergencies.
-: The parking spaces in front of the house are reserved for patients.
-: Walk-ins are welcome, but booked patients are seen first.
-: Is everything set for your trip?
-: You will be asked for your name and e-mail before anything is booked.
-: Unless you confirm, nothing will be sent.
-: The form says "Your message has been sent" when it worked.
-: A reminder is sent the day before your visit.
-: Sorry, I made a mistake: I said it was booked, but it isn't.
-: I want to make sure your appointment is booked correctly, so please check the details below.
"""

GERMAN = """
booked: Ich habe Ihren Termin für Dienstag um 10 Uhr gebucht.
booked: Ihr Termin ist am Dienstag, dem 8. Januar, um 10:00 Uhr **bestätigt**. ✅
booked: Alles klar, Ihr Termin wurde erfolgreich gebucht!
booked: Der Tisch für vier Personen ist für Sie reserviert.
booked: Perfekt, ich habe Sie für Freitag um 14 Uhr eingetragen.
booked: Entschuldigung für die Verwirrung. Der Termin ist jetzt fest gebucht.
booked: Dein Termin steht: Mittwoch, 9 Uhr. Bis dann!
cancelled: Ihr Termin wurde wie gewünscht storniert.
cancelled: Ich habe deinen Termin am Freitag abgesagt.
rescheduled: Ich habe Ihren Termin auf Donnerstag um 15 Uhr verschoben.
rescheduled: Ihr Termin wurde auf den 12. März verlegt.
sent: Ich habe Ihnen soeben eine Bestätigung per E-Mail geschickt.
sent: Eine Bestätigungs-E-Mail ist bereits unterwegs zu Ihnen.
sent: Ihre Nachricht wurde an das Praxisteam weitergeleitet.
sent: Sie erhalten in Kürze eine Bestätigung per E-Mail.
done: Ich habe Ihre Telefonnummer aktualisiert.
done: Ihre Bestellung wurde aufgegeben. Die Bestellnummer lautet 4711.
-: Am Dienstag sind wir leider ausgebucht.
-: Dieser Termin ist leider schon vergeben.
-: Soll ich den Termin für Sie buchen?
-: Es wurde noch nichts gebucht.
-: Ich konnte den Termin leider nicht buchen.
-: Ihr Termin ist erst gebucht, wenn Sie unten bestätigen.
-: Bestellungen werden innerhalb von zwei Werktagen verschickt.
-: Wir sind im März in die Marktstraße 14 umgezogen.
-: Sobald der Termin gebucht ist, erhalten Sie eine E-Mail.
-: Termine können bis 24 Stunden vorher kostenlos abgesagt werden.
-: Ich halte 14:00 Uhr für Sie frei. Bitte bestätigen Sie unten.
-: Haben Sie die Bestätigung schon erhalten?
-: Sie haben geschrieben, dass Sie den Termin abgesagt haben.
-: Ich habe drei freie Zeiten für Sie gefunden.
-: Die Preise wurden zum 1. Januar angepasst.
-: Ich habe noch keine E-Mail verschickt.
"""

FRENCH = """
booked: J'ai réservé votre rendez-vous pour mardi à 10 h.
booked: Votre rendez-vous est **confirmé** pour le mardi 8 janvier à 10 h 00. ✅
booked: C'est fait ! Votre rendez-vous a été réservé.
booked: Parfait, votre table pour deux personnes est réservée.
booked: Désolé pour l'attente. Votre rendez-vous a bien été enregistré.
booked: C'est noté, je vous ai inscrit au cours de jeudi à 18 h.
cancelled: J'ai annulé votre rendez-vous de vendredi.
cancelled: Votre réservation a bien été annulée.
rescheduled: Votre rendez-vous a été déplacé à jeudi 15 h.
rescheduled: J'ai reporté votre rendez-vous au 12 mars.
sent: Je vous ai envoyé un e-mail de confirmation.
sent: Un e-mail de confirmation vient de vous être envoyé.
sent: Vous allez recevoir un e-mail de confirmation dans quelques minutes.
sent: J'ai transmis votre demande à notre équipe.
done: J'ai mis à jour votre numéro de téléphone.
done: Votre commande a été passée sous le numéro 4711.
-: Mardi, nous sommes complets.
-: Ce créneau est malheureusement déjà réservé.
-: Souhaitez-vous que je réserve ce créneau ?
-: Rien n'a encore été réservé.
-: Je n'ai pas pu annuler votre rendez-vous.
-: Votre rendez-vous sera confirmé une fois que vous aurez cliqué ci-dessous.
-: Les commandes sont envoyées sous deux jours ouvrés.
-: Nous avons déménagé au 14 rue du Marché en mars.
-: Si vous avez déjà réservé, vous trouverez le lien dans votre e-mail.
-: Les rendez-vous peuvent être annulés jusqu'à 24 heures avant.
-: Je vous garde le créneau de 14 h. Merci de confirmer ci-dessous.
-: Avez-vous reçu l'e-mail de confirmation ?
-: J'ai trouvé trois créneaux libres pour vous.
-: Vous m'avez dit que vous aviez annulé le rendez-vous.
"""

SPANISH = """
booked: He reservado tu cita para el martes a las 10:00.
booked: Su cita ha sido **confirmada** para el martes 8 de enero. ✅
booked: ¡Listo! Tu cita está reservada para el viernes a las 14:30.
booked: Perdona la confusión. Tu cita ya quedó agendada.
booked: La mesa para cuatro personas está reservada a su nombre.
booked: Te he apuntado para el jueves a las 9.
cancelled: He cancelado su cita del viernes.
cancelled: Tu reserva ha sido cancelada correctamente.
rescheduled: He cambiado tu cita al jueves a las 15:00.
rescheduled: Su cita se ha reprogramado para el 12 de marzo.
sent: Te he enviado un correo de confirmación.
sent: En breve recibirás un correo con la confirmación.
sent: Su mensaje ha sido reenviado a nuestro equipo.
done: He actualizado tu número de teléfono.
done: Tu pedido se ha realizado con éxito; el número es 4711.
-: El martes está todo reservado.
-: ¿Quieres que reserve esta hora?
-: Todavía no se ha reservado nada.
-: No pude cancelar tu cita.
-: Los pedidos se envían en un plazo de dos días.
-: Nos mudamos a la calle Mayor 14 en marzo.
-: Cuando la cita esté confirmada, recibirás un correo.
-: Las citas se pueden cancelar hasta 24 horas antes.
-: Te guardo las 14:00. Confirma abajo, por favor.
-: ¿Has recibido el correo de confirmación?
-: He encontrado tres horas libres para ti.
-: Dijiste que habías cancelado la cita.
-: Si ya has reservado, encontrarás el enlace en tu correo.
"""

ITALIAN = """
booked: Ho prenotato il suo appuntamento per martedì alle 10:00.
booked: Il tuo appuntamento è **confermato** per martedì 8 gennaio alle 10. ✅
booked: Fatto! La prenotazione è stata effettuata con successo.
booked: Mi scusi per l'attesa. Il tavolo per due è stato riservato.
booked: Perfetto, l'ho segnata per giovedì alle 9.
cancelled: Ho annullato il tuo appuntamento di venerdì.
cancelled: La sua prenotazione è stata cancellata.
rescheduled: Ho spostato il suo appuntamento a giovedì alle 15.
rescheduled: Il tuo appuntamento è stato spostato al 12 marzo.
sent: Le ho inviato un'e-mail di conferma.
sent: A breve riceverai un'e-mail di conferma.
sent: Il suo messaggio è stato inoltrato al nostro team.
done: Ho aggiornato il suo numero di telefono.
done: Il tuo ordine è stato effettuato: numero 4711.
-: Martedì siamo al completo.
-: Vuole che prenoti questo orario?
-: Non è stato ancora prenotato nulla.
-: Purtroppo non sono riuscito ad annullare l'appuntamento.
-: Gli ordini vengono spediti entro due giorni lavorativi.
-: Ci siamo trasferiti in via del Mercato 14 a marzo.
-: Una volta confermato l'appuntamento, riceverà un'e-mail.
-: Gli appuntamenti possono essere annullati fino a 24 ore prima.
-: Le tengo libere le 14:00. Confermi qui sotto, per favore.
-: Ha ricevuto l'e-mail di conferma?
-: Ho trovato tre orari liberi per lei.
-: I prezzi sono stati aggiornati a gennaio.
"""

PORTUGUESE = """
booked: Agendei a sua consulta para terça-feira às 10h.
booked: A sua consulta está **confirmada** para terça, 8 de janeiro. ✅
booked: Pronto! Sua reserva foi feita com sucesso.
booked: Desculpe a demora. Sua consulta já foi agendada.
booked: A mesa para duas pessoas está reservada em seu nome.
cancelled: Cancelei a sua consulta de sexta-feira.
cancelled: A sua reserva foi cancelada conforme pedido.
rescheduled: Remarquei a sua consulta para quinta às 15h.
rescheduled: A sua consulta foi alterada para 12 de março.
sent: Enviei um e-mail de confirmação para você.
sent: Você receberá um e-mail de confirmação em breve.
sent: A sua mensagem foi encaminhada à nossa equipa.
done: Atualizei o seu número de telefone.
done: O seu pedido foi realizado; o número é 4711.
-: Terça-feira está tudo reservado.
-: Quer que eu reserve este horário?
-: Ainda não foi reservado nada.
-: Não consegui cancelar a sua consulta.
-: Os pedidos são enviados em até dois dias úteis.
-: Mudámo-nos para a Rua do Mercado 14 em março.
-: Assim que a consulta for confirmada, você receberá um e-mail.
-: As consultas podem ser canceladas até 24 horas antes.
-: Estou guardando as 14h para você. Confirme abaixo, por favor.
-: Já recebeu o e-mail de confirmação?
-: Encontrei três horários livres para você.
-: Você disse que já cancelou a consulta.
"""

DUTCH = """
booked: Ik heb je afspraak geboekt voor dinsdag om 10.00 uur.
booked: Uw afspraak is **bevestigd** voor dinsdag 8 januari om 10:00. ✅
booked: Gelukt! Je afspraak staat ingepland voor vrijdag om 14.30 uur.
booked: Sorry voor de verwarring. De tafel voor twee is nu gereserveerd.
booked: Ik heb u ingeschreven voor de cursus van donderdag.
cancelled: Ik heb je afspraak van vrijdag geannuleerd.
cancelled: Uw reservering is succesvol geannuleerd.
rescheduled: Ik heb uw afspraak verplaatst naar donderdag om 15.00 uur.
rescheduled: Je afspraak is verzet naar 12 maart.
sent: Ik heb je een bevestiging gemaild.
sent: Je ontvangt zo een bevestigingsmail.
sent: Uw bericht is doorgestuurd naar ons team.
done: Ik heb uw telefoonnummer bijgewerkt.
done: Je bestelling is geplaatst onder nummer 4711.
-: Dinsdag zijn we helaas volgeboekt.
-: Zal ik deze tijd voor u boeken?
-: Er is nog niets geboekt.
-: Ik kon uw afspraak niet annuleren.
-: Bestellingen worden binnen twee werkdagen verzonden.
-: We zijn in maart verhuisd naar de Marktstraat 14.
-: Zodra de afspraak is bevestigd, krijgt u een e-mail.
-: Afspraken kunnen tot 24 uur van tevoren worden geannuleerd.
-: Ik houd 14.00 uur voor u vrij. Bevestig hieronder.
-: Heeft u de bevestiging al ontvangen?
-: Ik heb drie vrije tijden voor je gevonden.
-: Je zei dat je de afspraak al had afgezegd.
"""


def _read(language: str, block: str) -> list[Example]:
    examples = []
    for line in block.strip().splitlines():
        acts, _, text = line.partition(": ")
        examples.append(Example(language, text.replace(" ⏎ ", "\n"), frozenset(acts.split()) - {"-"}))
    return examples


CORPUS: list[Example] = [
    example
    for language, block in {
        "en": ENGLISH,
        "de": GERMAN,
        "fr": FRENCH,
        "es": SPANISH,
        "it": ITALIAN,
        "pt": PORTUGUESE,
        "nl": DUTCH,
    }.items()
    for example in _read(language, block)
]
DEVELOPMENT = [example for example in CORPUS if not example.held_out]
HELD_OUT = [example for example in CORPUS if example.held_out]
