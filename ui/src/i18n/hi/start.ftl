### प्रोफ़ाइल खुलने से पहले: पहली बार, अनलॉक, वापसी।

welcome-title = अपनों से बात करें
welcome-text = Kith आपके कंप्यूटरों को सीधे जोड़ता है। बीच में न कोई सर्वर, न किसी कंपनी का खाता।
welcome-create = खाता बनाएँ
welcome-restore = 24 शब्दों से वापस लाएँ
welcome-unlock = इस कंप्यूटर की प्रोफ़ाइल खोलें

person-title = आप कौन हैं?
person-text = आपके संपर्क आपका नाम और तस्वीर देखते हैं। दोनों बाद में बदल सकते हैं।
person-create = खाता बनाएँ
picture-choose = तस्वीर चुनें
picture-optional = तस्वीर (वैकल्पिक)
picture-unreadable = Kith इस फ़ाइल को तस्वीर के रूप में नहीं पढ़ सकता। PNG, JPEG या WebP चुनें।
name-label = नाम
name-hint = जैसा आपके दोस्त जानते हैं

passphrase-label = पासफ़्रेज़
passphrase-again-label = पासफ़्रेज़ फिर से
passphrase-differs = यह वही पासफ़्रेज़ नहीं है।
passphrase-hint = इस कंप्यूटर पर आपके संदेशों को बंद रखता है। चार या अधिक बेमेल शब्द सबसे अच्छे हैं।
passphrase-score-0 = तुरंत पकड़ा जाएगा। कई बेमेल शब्द लें।
passphrase-score-1 = कमज़ोर। एक-दो शब्द और जोड़ें।
passphrase-score-2 = ठीक-ठाक।
passphrase-score-3 = अच्छा।
passphrase-score-4 = बहुत मज़बूत।

words-title = ये शब्द लिख लें
words-text = ये 24 शब्द ही आपका खाता हैं। इनसे आप उसे किसी भी कंप्यूटर पर वापस ला सकते हैं।
words-warning = इन्हें काग़ज़ पर रखें, जहाँ केवल आप पाएँ। जिसके पास ये हैं, वही आप है, और नए शब्द कोई नहीं बना सकता।
words-written = मैंने लिख लिए
ask-back-title = जाँच लें
ask-back-text = अपने ये दो शब्द टाइप करें।
ask-back-word = शब्द { $number }
ask-back-wrong = ये वे शब्द नहीं हैं। अपना काग़ज़ देखें, या फिर से देखने के लिए वापस जाएँ।
ask-back-done = पूरा करें

pick-title = फिर से स्वागत है
pick-text = खोलने के लिए प्रोफ़ाइल चुनें।
pick-new = प्रोफ़ाइल जोड़ें
unlock-passphrase = पासफ़्रेज़
unlock-open = अनलॉक करें
unlock-other = दूसरी प्रोफ़ाइल चुनें
unlock-new = प्रोफ़ाइल जोड़ें

restore-title = अपना खाता वापस लाएँ
restore-text = अपने 24 शब्द क्रम से टाइप या पेस्ट करें।
restore-words-label = वापसी के शब्द
restore-hint = शब्द शब्द शब्द …
restore-count = { $of } में से { $count } शब्द
restore-person-title = फिर से स्वागत है
restore-person-text = वह नाम चुनें जो आपके संपर्क देखेंगे, और इस कंप्यूटर के लिए पासफ़्रेज़।
restore-limits = आपका खाता लौट आता है। संदेश आपके संपर्कों से मिलने पर लौटते हैं; जो केवल खोए कंप्यूटर पर था, वह नहीं लौट सकता।
restore-done = खाता वापस लाएँ

error-open-elsewhere = यह प्रोफ़ाइल दूसरी विंडो में खुली है, जिसे सामने लाया गया। कुछ नहीं बदला।
error-words-count = खाते के 24 शब्द होते हैं; ये { $count } हैं। जो टाइप किया उसे जाँचें।
error-words-unknown = शब्द { $position } वापसी का शब्द नहीं है। उसकी वर्तनी जाँचें।
error-wrong-passphrase = पासफ़्रेज़ गलत है, या तिजोरी ख़राब है। कुछ नहीं बदला। फिर कोशिश करें; यदि आप निश्चित हैं, तो खाता 24 शब्दों से वापस लाएँ।
error-profile-disk-full = डिस्क भर गई है। सहेजा हुआ सुरक्षित है, नया कुछ नहीं सहेजा गया। जगह बनाएँ और फिर कोशिश करें।
error-profile-read-only = Kith प्रोफ़ाइल के फ़ोल्डर में लिख नहीं सकता। सहेजा हुआ सुरक्षित है। फ़ोल्डर को लिखने योग्य बनाएँ और फिर कोशिश करें।
error-profile-future = यह प्रोफ़ाइल पिछली बार नए Kith से खोली गई थी। कुछ नहीं बदला। इसे खोलने के लिए Kith अपडेट करें।
error-words-checksum = ये शब्द एक साथ के नहीं हैं। क्रम और वर्तनी जाँचें; कुछ नहीं बदला।
error-picture-file = तस्वीर पढ़ी नहीं जा सकी: { $reason }। पुरानी बनी रहेगी।
error-picture-size = तस्वीर 8 MB से बड़ी है। छोटी चुनें; पुरानी बनी रहेगी।
deleted-profile = प्रोफ़ाइल इस कंप्यूटर से हटा दी गई।
error-settings = आपका चुनाव सहेजा नहीं जा सका: { $reason }। Kith बंद होने तक यह लागू रहेगा।
