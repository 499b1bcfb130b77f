### बातचीत, संपर्क, न्योते और सेटिंग।

# बातचीत की सूची।
chats-search = खोजें
chats-new = नई बातचीत
chats-empty-title = अभी कोई बातचीत नहीं
chats-empty-hint = किसी परिचित को न्योता दें, या उनका भेजा लिंक खोलें।
chats-restored-title = आपका खाता वापस आ गया
chats-restored-hint = जैसे ही आप दोनों ऑनलाइन होंगे, संपर्क लौट आएँगे और आपके संदेश साथ लाएँगे। जो न लौटे, उसे नया न्योता चाहिए। खोए कंप्यूटर के मसौदे और सेटिंग वापस नहीं आ सकते।
chats-invite = न्योता दें
chats-open-link = लिंक खोलें
chats-none-title = कुछ नहीं मिला
chats-none-hint = “{ $query }” नाम की कोई बातचीत नहीं।
chats-draft = मसौदा:
chat-row = { $name }, { $presence }, { $time }, { $last }
chat-row-unread = { $name }, { $presence }, { $time }, { $last }, { $unread }

# एक बातचीत।
conversation-none-title = कोई बातचीत चुनें
conversation-none-hint = आपके संदेश आपके डिवाइस से उनके डिवाइस तक एन्क्रिप्ट रहते हैं। बीच में कोई उन्हें पढ़ नहीं सकता।
conversation-first-title = आपकी बातचीत यहाँ खुलेगी
conversation-empty-title = { $name } को नमस्ते कहें
conversation-empty-hint = यहाँ लिखा हुआ केवल आप दोनों पढ़ सकते हैं।
conversation-waiting-title = { $name } की प्रतीक्षा है
conversation-waiting-hint = जैसे ही आप दोनों का Kith एक साथ खुला होगा, बातचीत शुरू हो सकेगी।
conversation-refused-title = { $name } तक नहीं पहुँचा जा सका
conversation-blocked-title = आपने { $name } को ब्लॉक किया है
conversation-alarmed-title = यहाँ अभी कुछ नहीं लिखा गया
conversation-alarmed-hint = कुछ निजी लिखने से पहले ऊपर लिखी बात साफ़ कर लें।
conversation-failed-title = ये संदेश खुल नहीं सके
conversation-failed-hint = कुछ भी खोया नहीं है। फिर कोशिश करें; फिर भी न हो तो Kith को दोबारा चलाएँ।
conversation-details = विवरण
jump-newest = सबसे नए संदेश पर जाएँ
jump-newest-count = { $count ->
    [one] सबसे नए संदेश पर जाएँ, { $count } अपठित
   *[other] सबसे नए संदेश पर जाएँ, { $count } अपठित
}
jump-unread = पहले नए संदेश पर जाएँ
jump-unread-count = { $count ->
    [one] पहले नए संदेश पर जाएँ, ऊपर { $count }
   *[other] पहले नए संदेश पर जाएँ, ऊपर { $count }
}
unread-line = नए संदेश
message-by = { $author }, { $time }
message-you = आप
message-show-more = और दिखाएँ
message-menu = संदेश
message-more = इस संदेश के साथ क्या किया जा सकता है: { $author }, { $time }
message-copy = पाठ कॉपी करें
message-pick = चुनें
selection-count = { $count } चुने गए
selection-copy = कॉपी करें
selection-delete = हटाएँ…
selection-full = { $count } संदेश चुने हुए हैं। एक साथ इससे ज़्यादा नहीं चुने जा सकते।
message-unsupported = यह नए Kith में बना है। अपडेट के बाद दिखेगा।
message-deleted = यह संदेश हटा दिया गया
message-deleted-own = आपने यह संदेश हटा दिया
message-deleting = हटाया जा रहा है
message-take-back = वापस लें
message-delete = हटाएँ…
undo = वापस लाएँ ({ $seconds })
delete-message-title = { $count ->
    [one] संदेश हटाएँ
   *[other] { $count } संदेश हटाएँ
}
delete-message-me = मेरे लिए हटाएँ
delete-message-me-hint = { $count ->
    [one] यह इस डिवाइस से हट जाएगा। { $name } के पास यह बना रहेगा।
   *[other] ये इस डिवाइस से हट जाएँगे। { $name } के पास जो हैं वे बने रहेंगे।
}
delete-message-me-hint-group = { $count ->
    [one] यह इस डिवाइस से हट जाएगा। { $name } के बाक़ी लोगों के पास यह बना रहेगा।
   *[other] ये इस डिवाइस से हट जाएँगे। { $name } के बाक़ी लोगों के पास जो हैं वे बने रहेंगे।
}
delete-message-everyone = सबके लिए हटाएँ
delete-message-everyone-hint = { $count ->
    [one] “सबके लिए” { $name } के Kith से भी इसे हटाने को कहता है। हो सकता है { $name } ने इसे पहले ही पढ़ या कॉपी कर लिया हो। “मेरे लिए” इसे केवल इस डिवाइस से हटाता है।
   *[other] “सबके लिए” { $name } के Kith से भी इन्हें हटाने को कहता है। हो सकता है { $name } ने इन्हें पहले ही पढ़ या कॉपी कर लिया हो। “मेरे लिए” इन्हें केवल इस डिवाइस से हटाता है।
}
delete-message-everyone-hint-group = { $count ->
    [one] “सबके लिए” { $name } के हर सदस्य के Kith से भी इसे हटाने को कहता है। हो सकता है किसी ने इसे पहले ही पढ़ या कॉपी कर लिया हो। “मेरे लिए” इसे केवल इस डिवाइस से हटाता है।
   *[other] “सबके लिए” { $name } के हर सदस्य के Kith से भी इन्हें हटाने को कहता है। हो सकता है किसी ने इन्हें पहले ही पढ़ या कॉपी कर लिया हो। “मेरे लिए” इन्हें केवल इस डिवाइस से हटाता है।
}
delete-message-unheld = { $count ->
    [one] यह संदेश अभी किसी के पास नहीं है, इसलिए यह हर जगह से हट जाएगा।
   *[other] ये संदेश अभी किसी के पास नहीं हैं, इसलिए ये हर जगह से हट जाएँगे।
}
delete-message-button = हटाएँ
delete-chat = बातचीत हटाएँ…
delete-chat-title = बातचीत हटाएँ
delete-chat-goes = इस बातचीत के सारे संदेश और आपका ड्राफ़्ट इस डिवाइस से हट जाएँगे।
delete-chat-stays = { $name } आपके संपर्क में बने रहेंगे, और जो उनके पास है वह उनके पास रहेगा।
delete-chat-stays-group = आप { $name } के सदस्य बने रहेंगे: जो दूसरों के पास है वह उनके पास रहेगा, और अब से जो वे लिखेंगे वह आप तक पहुँचेगा।
delete-chat-undelivered = { $count ->
    [one] आपका { $count } संदेश, जो अभी किसी के पास नहीं है, वापस ले लिया जाएगा।
   *[other] आपके { $count } संदेश, जो अभी किसी के पास नहीं हैं, वापस ले लिए जाएँगे।
}
delete-chat-undelivered-some = आपके जो संदेश अभी किसी के पास नहीं हैं, वे वापस ले लिए जाएँगे।
delete-chat-button = बातचीत हटाएँ
deleted-messages = { $count ->
    [one] संदेश हटाया गया
   *[other] { $count } संदेश हटाए गए
}
deleted-taken-back = संदेश वापस ले लिया गया
deleted-chats = { $count ->
    [one] बातचीत हटाई गई
   *[other] { $count } बातचीतें हटाई गईं
}
deleted-chat = { $count ->
    [0] बातचीत हटाई गई
    [one] बातचीत हटाई गई। { $count } संदेश, जो अभी किसी के पास नहीं है, वापस लिया जा रहा है।
   *[other] बातचीत हटाई गई। { $count } संदेश, जो अभी किसी के पास नहीं हैं, वापस लिए जा रहे हैं।
}
timer-title = मिटने वाले संदेश
timer-hint = अब से आप दोनों जो भी लिखेंगे, वह इतने समय बाद दोनों ओर मिट जाएगा।
timer-hint-group = अब से यहाँ कोई भी जो लिखेगा, वह इतने समय बाद सबके पास से मिट जाएगा।
timer-change = बदलाव कुछ सेकंड में लागू होगा। तब तक आप कुछ और चुन सकते हैं।
timer-off = बंद
timer-weeks = { $count ->
    [one] { $count } सप्ताह
   *[other] { $count } सप्ताह
}
timer-on = संदेश { $time } बाद मिट जाते हैं
timer-seconds = { $count ->
    [one] { $count } सेकंड
   *[other] { $count } सेकंड
}
timer-minutes = { $count ->
    [one] { $count } मिनट
   *[other] { $count } मिनट
}
timer-hours = { $count ->
    [one] { $count } घंटे
   *[other] { $count } घंटे
}
timer-days = { $count ->
    [one] { $count } दिन
   *[other] { $count } दिन
}
notice-timer = { $name } ने तय किया कि संदेश { $time } बाद मिट जाएँ
notice-timer-own = आपने तय किया कि संदेश { $time } बाद मिट जाएँ
notice-timer-off = { $name } ने तय किया कि संदेश बने रहें
notice-timer-off-own = आपने तय किया कि संदेश बने रहें
link-open = { $host } को ब्राउज़र में खोलें
link-invite = यह न्योता खोलें
notice-contact-added = आप और { $name } अब संपर्क में हैं। यह बातचीत केवल आप दोनों पढ़ सकते हैं।
last-contact-added = अब आप संपर्क में हैं
last-waiting = अभी तक संपर्क नहीं हुआ
last-refused = लिंक अस्वीकार हुआ
last-blocked = ब्लॉक किया हुआ
notice-new-device = { $name } नए डिवाइस से लिख रहे हैं। अगर यह अजीब लगे, तो { $name } से मिलकर या फ़ोन पर पूछें।
notice-new-device-own = आप नए डिवाइस से लिख रहे हैं।
notice-device-gone = { $name } अब अपने एक डिवाइस से नहीं लिखते। Kith उससे अब कुछ नया स्वीकार नहीं करता।
notice-equivocation = { $name } के एक डिवाइस ने परस्पर विरोधी बातें भेजीं। Kith उससे अब कुछ स्वीकार नहीं करता।
notice-equivocation-own = आपके एक डिवाइस ने परस्पर विरोधी बातें भेजीं। Kith उससे अब कुछ स्वीकार नहीं करता।
presence-lan = ऑनलाइन, इसी नेटवर्क पर
presence-direct = ऑनलाइन, सीधे
presence-relayed = ऑनलाइन, सीधे नहीं
presence-offline = ऑफ़लाइन
presence-waiting = अब तक संपर्क नहीं हुआ
presence-refused = लिंक अस्वीकृत
presence-blocked = ब्लॉक किया हुआ

# लिखना।
composer-hint = संदेश
composer-name = { $name } को संदेश
composer-send = भेजें
composer-emoji = इमोजी
composer-waiting = { $name } से पहली बार जुड़ते ही आप लिख सकेंगे। आपका मसौदा सुरक्षित है।
composer-refused = { $name } तक नहीं पहुँचा जा सकता: आपका खोला लिंक अस्वीकार हुआ।
composer-too-long = एक संदेश के लिए यह बहुत लंबा है। छोटा करें या हिस्सों में भेजें। तब तक यह केवल Kith के खुले रहने तक ही रहेगा।
emoji-smileys = चेहरे
emoji-hands = हाथ और लोग
emoji-hearts = दिल और चिह्न
emoji-nature = जानवर और प्रकृति
emoji-food = खाना और पीना
emoji-things = चीज़ें और जगहें

# संपर्क।
contacts-search = खोजें
contacts-add = संपर्क जोड़ें
contacts-empty-title = अभी कोई संपर्क नहीं
contacts-empty-hint = न्योता दें, या किसी का भेजा लिंक खोलें।
contacts-none-hint = “{ $query }” नाम का कोई संपर्क नहीं।
contact-message = संदेश भेजें
contact-remove = हटाएँ
contact-none-title = कोई संपर्क चुनें
contact-none-hint = यहाँ दिखता है कि आप उनसे कैसे जुड़े हैं और आप क्या कर सकते हैं।
contact-key = कुंजी
contact-key-hint = उनकी कुंजी के चार अक्षर, एक ही नाम के लोगों को पहचानने के लिए।
contact-status = स्थिति
contact-waiting = { $name } से पहली बार जुड़ने की प्रतीक्षा। दोनों का Kith एक साथ खुला होना चाहिए।
contact-refused-used = यह न्योता कोई पहले ही इस्तेमाल कर चुका है। { $name } से नया माँगें।
contact-refused-expired = इस न्योते का समय बीत गया है। { $name } से नया माँगें।
contact-refused-revoked = { $name } ने यह न्योता वापस ले लिया। नया माँगें।
contact-refused-unknown = { $name } का Kith इस न्योते को नहीं पहचानता। नया माँगें।
contact-blocked = आपने { $name } को ब्लॉक किया है: न आपका कुछ उन तक जाता है, न उनका कुछ आप तक पहुँचता है। पुरानी बातें यहीं रहती हैं।
contact-block = ब्लॉक करें…
block-title = { $name } को ब्लॉक करें?
block-button = ब्लॉक करें
block-body = { $name } अब न आपको लिख सकेंगे, न देख सकेंगे कि आप कब यहाँ हैं, और उन्हें इसकी सूचना नहीं मिलती। आप इसे कभी भी वापस ले सकते हैं।
contact-unblock = ब्लॉक हटाएँ
contact-unblock-hint = दोनों के यहाँ होते ही आप और { $name } फिर से संपर्क में होंगे। कौन किसकी चिट्ठियाँ रखता है, यह फिर से चुनना होगा।
contact-unknown-title = यह संपर्क अब नहीं है
contact-unknown-hint = इसे इस डिवाइस पर हटा दिया गया।
contact-alarmed = हो सकता है कोई { $name } बनकर लिख रहा हो: उनके डिवाइसों की दो सूचियाँ एक-दूसरे से मेल नहीं खातीं। कुछ निजी लिखने से पहले { $name } से मिलकर या फ़ोन पर पूछें।
contact-alarmed-more = Kith पहले से जाने हुए डिवाइसों को ही मानता है और बाक़ी को अस्वीकार करता है। यदि { $name } को इसका कारण नहीं पता, तो हो सकता है उनके वापसी के शब्द चोरी हो गए हों।

# न्योते।
invite-title = न्योता दें
invite-hint = यह लिंक एक व्यक्ति को भेजें। यह एक ही बार चलता है।
invite-qr = न्योते का लिंक क्यूआर कोड में
invite-copy = लिंक कॉपी करें
invite-new = नया लिंक
invite-making = लिंक बन रहा है
invite-failed = लिंक नहीं बन सका।
invite-done-title = { $name } ने आपका लिंक खोला
invite-done-somebody = आपका लिंक खोला गया
invite-expires = { $time } तक मान्य
invite-open = अभी इस्तेमाल नहीं हुआ
invite-used = { $name } ने इस्तेमाल किया
invite-used-somebody = इस्तेमाल हो चुका
invite-expired = समय बीत गया
invite-revoked = वापस लिया गया
invite-revoke = वापस लें
invite-other = इसके बजाय लिंक खोलें
invite-handed-out = आपके दिए हुए लिंक
invite-row-open = { $count ->
    [0] कोई बाक़ी नहीं
    [one] { $count } का इस्तेमाल बाक़ी है
   *[other] { $count } का इस्तेमाल बाक़ी है
}
add-title = न्योता खोलें
add-hint = वह लिंक चिपकाएँ जो किसी ने आपको भेजा है।
add-field = न्योते का लिंक
add-field-hint = kith:…
add-button = संपर्क जोड़ें
add-other = इसके बजाय न्योता दें
find-title = खोजें
find-field = बातचीत या व्यक्ति खोजें
find-none = “{ $query }” नाम का कोई नहीं।

# नया समूह।
group-new = नया समूह
group-new-hint = यहाँ लिखा हुआ आपके चुने सभी लोग पढ़ते हैं। बाद में किसी को जोड़ा या हटाया नहीं जा सकता।
group-new-few = समूह के लिए कम से कम दो संपर्क चाहिए, और अभी आप इतनों से नहीं जुड़े हैं। पहले किसी को न्योता दें।
group-name = समूह का नाम
group-new-chosen = { $count ->
    [0] दो से सात लोग चुनें
    [one] कम से कम एक और चुनें
   *[other] { $count } लोग और आप
}
group-new-full = { $count } लोग और आप: और कोई नहीं जुड़ सकता
group-new-button = समूह बनाएँ

# आदेश का उत्तर।
error-empty-text = भेजने को कुछ नहीं: संदेश खाली है।
error-text-too-long = पाठ बहुत लंबा है। कुछ नहीं भेजा गया: छोटा करें या हिस्सों में भेजें।
error-profile-text = यह नाम या स्थिति नहीं चल सकती: नाम एक पंक्ति में 1 से 64 दिखने वाले अक्षरों का होता है, स्थिति अधिक से अधिक 140 की। पुरानी ही रहेगी।
error-picture = यह तस्वीर नहीं चल सकती: वह पूरी PNG, JPEG या WebP हो, अधिक से अधिक 8 MB और हर ओर 8192 पिक्सेल। पुरानी ही रहेगी।
error-group-name = समूह का यह नाम नहीं हो सकता: नाम एक पंक्ति में 1 से 64 दिखने वाले अक्षरों का होता है। कुछ नहीं बदला।
error-named-twice = कोई दो बार चुना गया है। समूह में हर व्यक्ति एक ही बार होता है, और आप अपने समूह में हैं ही।
error-unknown-conversation = यह बातचीत इस डिवाइस पर नहीं है।
error-unknown-contact = यह संपर्क इस डिवाइस पर नहीं है।
error-unknown-invite = यह न्योता इस डिवाइस पर नहीं है।
error-unknown-picture = यह तस्वीर अभी इस डिवाइस पर नहीं है।
error-unknown-message = यह संदेश इस डिवाइस पर नहीं है।
error-not-own-message = केवल आपके अपने संदेशों का पहुँच-विवरण होता है।
error-not-yours = केवल आपके अपने संदेश वापस लिए जा सकते हैं या सबके लिए हटाए जा सकते हैं। इसे आप इस डिवाइस पर हटा सकते हैं।
error-unknown-deletion = इसे अब वापस नहीं लाया जा सकता: दस सेकंड बीत गए, या यह पहले ही वापस लाया जा चुका है।
error-too-often = कुछ नहीं बदला: एक मिनट में बहुत कुछ हटाया या मिटने के लिए तय किया गया। { $seconds } सेकंड बाद फिर कोशिश करें; एक बार में 100 संदेश तक हटाए जा सकते हैं।
error-cancel-held = यह संदेश अब वापस नहीं लिया जा सकता: { $name } के लिए इसे एक वाहक ने रखा है। इसके बदले इसे सबके लिए हटाएँ।
error-cancel-delivered = यह संदेश अब वापस नहीं लिया जा सकता: यह { $name } के डिवाइस पर है। इसके बदले इसे सबके लिए हटाएँ।
error-cancel-read = यह संदेश अब वापस नहीं लिया जा सकता: { $name } ने इसे पढ़ लिया है। इसके बदले इसे सबके लिए हटाएँ।
error-not-a-safety-code = यह Kith का सुरक्षा कोड नहीं है। वह कोड स्कैन करें जो आपके संपर्क का ऐप अंकों के पास दिखाता है।
error-not-an-invite = यह Kith का न्योता नहीं है। अपने संपर्क से फिर कॉपी करने को कहें; वह kith: से शुरू होता है।
error-damaged-invite = यह न्योता टूटा हुआ है: कुछ हिस्सा गायब या बदला है। अपने संपर्क से फिर कॉपी करने को कहें।
error-future-invite = यह न्योता नए Kith में बना है। Kith को अपडेट करें, फिर खोलें।
error-own-invite = यह आपका अपना न्योता है। इसे उस व्यक्ति को भेजें जिससे आप बात करना चाहते हैं।
error-invite-used = यह न्योता कोई पहले ही इस्तेमाल कर चुका है। अपने संपर्क से नया माँगें।
error-invite-expired = इस न्योते का समय बीत गया है। अपने संपर्क से नया माँगें।
error-invite-revoked = यह न्योता वापस ले लिया गया। अपने संपर्क से नया माँगें।
error-invite-unknown = बनाने वाला इस न्योते को नहीं पहचानता। अपने संपर्क से नया माँगें।
error-already-contact = आप इस व्यक्ति के संपर्क में पहले से हैं।
error-contact-accepted = आप पहले से संपर्क में हैं, इसलिए इसे वापस नहीं लिया जा सकता।
error-contact-waiting = आपके संपर्क से पहली बार जुड़ते ही आप लिख सकेंगे। आपका मसौदा सुरक्षित है।
error-not-a-bootstrap = { $address } किसी बूटस्ट्रैप नोड का पता नहीं है। कुछ नहीं बदला। जो इसे चलाता है उसका दिया पूरा पता कॉपी करें; वह /ip4/203.0.113.7/tcp/5484 या /dns4/ जैसे शुरू होता है।
error-contact-blocked = आपने इस व्यक्ति को ब्लॉक किया है: न उन्हें कुछ भेजा जाता है, न उनका कुछ लिया जाता है। पहले ब्लॉक हटाएँ।
error-left-group = आपने यह समूह छोड़ दिया है: यहाँ अब कुछ नहीं लिखा जा सकता। जो यहाँ है, वह पढ़ने के लिए रहता है।
error-out-of-range = { $what } { $min } और { $max } के बीच होना चाहिए।
error-disk-full = डिस्क भर गई है, इसलिए कुछ नया नहीं रखा जा सकता। अब तक का सब सुरक्षित है। जगह खाली करके फिर कोशिश करें।
error-storage = आपका डेटा पढ़ा या लिखा नहीं जा सका ({ $reason })। पुष्टि किया हुआ कुछ नहीं खोया। Kith को दोबारा चलाएँ; फिर हो तो डिस्क जाँचें।
error-internal = Kith के भीतर कुछ विफल हुआ और रोक लिया गया। पुष्टि किया हुआ सब सुरक्षित है। बग रिपोर्ट के लिए: { $place }
error-outdated-copy = यह प्रोफ़ाइल पुरानी प्रति है: आपके किसी संपर्क के पास आपके इससे नए संदेश हैं, या वह इसकी जगह किसी और उपकरण को जानता है। आपने यहाँ जो लिखा, वह खोया नहीं: Kith को दोबारा चलाने के बाद वह भेजा जाएगा और लिखना चलेगा।
error-closed = Kith बंद हो रहा है।

# स्थिति की पंक्ति।
status-name = कनेक्शन
status-loading = आसपास देखा जा रहा है…
status-online = ऑनलाइन
status-connected-one = { $name } से जुड़े हैं
status-connected = { $count ->
    [one] { $count } संपर्क से जुड़े हैं
   *[other] { $count } संपर्कों से जुड़े हैं
}
status-way-lan = इसी नेटवर्क पर
status-way-direct = सीधे
status-way-indirect = सीधे नहीं
status-way-mixed = कई रास्तों से
status-nobody = ऑनलाइन। अभी आपका कोई संपर्क मौजूद नहीं।
status-lan-only = केवल स्थानीय नेटवर्क पर
status-no-network = नेटवर्क नहीं है। संदेश यहीं रुके रहेंगे।
status-no-meeting = कोई मिलन-स्थल उत्तर नहीं देता
status-alone = जुड़े नहीं हैं
status-clock = आपकी घड़ी { $amount } ग़लत है
status-clock-doubted = आपकी घड़ी शायद { $amount } ग़लत है
status-newer = { $name } के पास Kith का नया संस्करण है। अपना अपडेट करें
status-kept-out = { $name } का Kith नियम तोड़ता है; { $until } बजे तक बाहर है
status-outdated = यह प्रोफ़ाइल पुरानी प्रति है
status-disk-full = डिस्क भरी है: कुछ नया नहीं रखा जाता
status-disk-failing = डिस्क काम नहीं कर रही: कुछ नया नहीं रखा जाता
status-port = सामान्य पोर्ट दूसरे प्रोग्राम के पास है
status-minutes = { $count ->
    [one] { $count } मिनट
   *[other] { $count } मिनट
}
status-hours = { $count ->
    [one] { $count } घंटा
   *[other] { $count } घंटे
}
status-days = { $count ->
    [one] { $count } दिन
   *[other] { $count } दिन
}

# सेटिंग।
settings-profile = प्रोफ़ाइल
settings-profile-hint = नाम, तस्वीर, स्थिति
settings-appearance = रूप-रंग
settings-appearance-hint = थीम, अक्षरों का आकार, भाषा
settings-security = निजता और सुरक्षा
settings-security-hint = पासफ़्रेज़, वापसी के शब्द
settings-network = नेटवर्क
settings-network-hint = कनेक्शन और समस्याएँ
settings-about = Kith के बारे में
settings-about-hint = संस्करण और लाइसेंस
settings-none-title = सेटिंग
settings-none-hint = बाईं ओर कोई पृष्ठ चुनें।
profile-name = नाम
profile-name-hint = जो दूसरे देखते हैं, 64 अक्षर तक
profile-status = स्थिति
profile-status-hint = अपने बारे में कुछ शब्द, 140 अक्षर तक
profile-save = सहेजें
profile-picture-change = तस्वीर चुनें
profile-key = आपकी कुंजी
profile-restored = आपके शब्दों से बहाल। फिर मिलने पर आपके संपर्क अपने संदेश लौटाएँगे।
appearance-theme = थीम
appearance-system = सिस्टम जैसा
appearance-light = हल्का
appearance-dark = गहरा
appearance-text-size = अक्षरों का आकार
appearance-percent = { $percent }%
appearance-motion = कम हलचल
appearance-motion-hint = कोई चीज़ सरकती या धुँधली नहीं होती
appearance-motion-system = सिस्टम जैसा
choice-on = चालू
choice-off = बंद
appearance-language = भाषा
appearance-language-system = सिस्टम जैसी
security-passphrase = पासफ़्रेज़ बदलें
security-passphrase-hint = यह इस कंप्यूटर पर यह प्रोफ़ाइल खोलता है। आपके वापसी के शब्द वही रहते हैं।
security-old = मौजूदा पासफ़्रेज़
security-new = नया पासफ़्रेज़
security-again = नया पासफ़्रेज़ दोबारा
security-change = बदलें
security-changed = पासफ़्रेज़ बदल गया।
security-words = वापसी के शब्द
security-words-hint = वे 24 शब्द जो आपके खाते को किसी भी कंप्यूटर पर वापस लाते हैं। जिसके पास ये हों, वह आपकी जगह ले सकता है।
security-words-show = वापसी के शब्द दिखाएँ
words-again-title = वापसी के शब्द
words-again-text = अपना पासफ़्रेज़ टाइप करें, और देख लें कि कोई आपकी स्क्रीन न देख रहा हो।
words-again-show = शब्द दिखाएँ
security-lock = Kith लॉक करें
security-lock-hint = पासफ़्रेज़ टाइप करने तक कुंजियाँ भुला देता है।
security-delete = यह प्रोफ़ाइल मिटाएँ
security-delete-hint = इसका सब कुछ इस कंप्यूटर से हटा देता है।
delete-title = यह प्रोफ़ाइल मिटाएँ?
delete-body = आपके संदेश, संपर्क और कुंजियाँ इस कंप्यूटर से मिट जाएँगी और यहाँ से लौट नहीं सकतीं। वापसी के शब्दों से आप खाता बहाल कर सकते हैं; आपका लिखा आपके संपर्कों के पास रहता है।
delete-button = हमेशा के लिए मिटाएँ
network-now = अभी
network-retry = अभी फिर कोशिश करें
network-bootstraps = बूटस्ट्रैप नोड
network-bootstraps-none = कोई नहीं। इसके बिना आप इसी नेटवर्क के और पिछले पते वाले संपर्कों तक पहुँचते हैं।
network-bootstraps-hint = दूसरे नेटवर्क के संपर्कों तक ले जाता है: कोई इसे चलाता है और आपको इसका पता देता है।
network-bootstrap-address = बूटस्ट्रैप नोड का पता
network-bootstrap-add = जोड़ें
network-bootstrap-remove = हटाएँ
network-bootstrap-given = Kith शुरू करते समय दिया गया
network-connected = जुड़ा है
network-connecting = जुड़ रहा है
dial-own-address = यह पता इसी डिवाइस पर लौटता है।
dial-no-address = कोई पता मालूम नहीं।
dial-given-up = कोशिश छोड़ दी गई।
dial-wrong-identity = इस पते पर कोई और उत्तर देता है।
dial-too-many = बहुत सारे कनेक्शन खुले हैं।
dial-no-answer = कोई उत्तर नहीं।
dial-unsupported = इस तरह का पता समर्थित नहीं है।
dial-broken = जुड़ने से पहले ही कनेक्शन टूट गया।
dial-unreachable = नेटवर्क तक पहुँचा नहीं जा सकता।
dial-refused = वहाँ कोई नहीं सुन रहा।
dial-lost = कनेक्शन टूट गया।
dial-unresolved = यह नाम नहीं मिलता।
network-lan = स्थानीय नेटवर्क
network-lan-on = इसी नेटवर्क के संपर्क मिल जाते हैं (mDNS)।
network-lan-off = स्थानीय नेटवर्क पर खोज यहाँ नहीं चलती।
network-listening = इन पर सुन रहा है
network-listening-none = अभी कहीं नहीं।
network-problems = ध्यान दें
problem-no-network = इस कंप्यूटर पर नेटवर्क नहीं है। आपका लिखा सुरक्षित है और नेटवर्क लौटने पर जाएगा।
problem-port = पोर्ट { $wished } दूसरे प्रोग्राम के पास है, इसलिए Kith दूसरा इस्तेमाल करता है। आपके संपर्क उसे अपने आप खोज लेते हैं।
problem-no-bootstrap = आपका कोई बूटस्ट्रैप नोड उत्तर नहीं देता। इसी नेटवर्क के संपर्क मिल सकते हैं; बाक़ी शायद न मिलें।
problem-clock-ahead = आपकी घड़ी आपके संपर्कों से { $amount } आगे है। समय उनके अनुसार दिखता है; कृपया घड़ी ठीक करें।
problem-clock-behind = आपकी घड़ी आपके संपर्कों से { $amount } पीछे है। समय उनके अनुसार दिखता है; कृपया घड़ी ठीक करें।
problem-clock-doubted = आपकी घड़ी Kith के अपने समय से { $amount } अलग है, और सही समय बताने को कोई संपर्क यहाँ नहीं। किसी के आने तक Kith अपने समय से चलता है; कृपया घड़ी जाँचें।
problem-newer = { $name } के पास Kith का नया संस्करण है। कृपया अपना अपडेट करें: जो अभी नहीं पढ़ा जा सकता, वह उसके बाद आएगा।
problem-kept-out = { $name } के Kith ने बार-बार नियम तोड़ने वाला डेटा भेजा, इसलिए उसे { $until } बजे तक बाहर रखा गया है। यहाँ कुछ नहीं बिगड़ा, और { $name } के लिए लिखा हुआ प्रतीक्षा करता है। ऐसा होता रहे तो उनसे Kith अपडेट करने को कहें, या उनके पृष्ठ पर उन्हें ब्लॉक करें।
problem-disk-full = डिस्क भर गई है: कुछ नया नहीं रखा जा सकता। अब तक का सब सुरक्षित है। जगह खाली करें।
problem-disk-failing = डिस्क कुछ नहीं ले रही: वह ख़राब है, हटा दी गई है या उस पर लिखना मना है। अब तक का सब सुरक्षित है। डिस्क जाँचें, फिर Kith को दोबारा शुरू करें।
about-version = संस्करण { $version }
about-licence = मुक्त सॉफ़्टवेयर, MIT या Apache 2.0 लाइसेंस के अंतर्गत।
about-promise = न सर्वर, न कंपनी, केवल आपका अपना खाता। आपका लिखा आपके डिवाइस से उनके डिवाइस तक एन्क्रिप्ट रहता है।
damage-title = आपका कुछ डेटा ख़राब हो गया था
damage-body = Kith ने ख़राब फ़ोल्डर सँभाल कर रखा और { $recovered } रिकॉर्ड बचाए; कम से कम { $lost } खो गए। जो संपर्कों के पास है, वह उनसे फिर लिया जाएगा।
damage-kept = यहाँ रखा है: { $path }
group-members = { $count ->
    [one] { $count } सदस्य
   *[other] { $count } सदस्य
}
group-members-online = { $count } सदस्य, { $online } ऑनलाइन
group-members-title = सदस्य
group-member-unknown = आपके संपर्कों में नहीं
group-hint = यहाँ लिखा हुआ सभी सदस्य पढ़ते हैं। किसी को जोड़ा या हटाया नहीं जा सकता।
group-empty-hint = आप यहाँ जो लिखेंगे, उसे केवल समूह के सदस्य पढ़ सकते हैं।
group-leave = समूह छोड़ें…
group-leave-title = { $name } छोड़ें?
group-leave-body = वहाँ लिखा हुआ आगे आपको नहीं मिलेगा, और आप कुछ लिख नहीं सकेंगे। बाक़ी सदस्यों को बताया जाता है। आप लौट नहीं सकते: समूह में किसी को जोड़ा नहीं जा सकता। जो आपके पास है, वह चैट मिटाने तक पढ़ने के लिए यहीं रहता है।
group-leave-button = समूह छोड़ें
group-left = आपने यह समूह छोड़ दिया है। पुरानी बातें पढ़ने के लिए यहीं रहती हैं।
notice-founded = { $name } ने समूह बनाया
notice-founded-own = आपने समूह बनाया
notice-left = { $name } ने समूह छोड़ा
notice-left-own = आपने समूह छोड़ा
